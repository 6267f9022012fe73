import { LiveDistError } from "../base/errors.js";
import type { DeltaObject } from "../delta/delta-object.js";
import type { Frame } from "../wire/frames.js";
import type { KnownSchemas } from "./known-schemas.js";

/** Decodes the rows that follow a position, and sees to it that they come in order. */
export class Rows {
  readonly #afterSequence: number;
  readonly #schemas: KnownSchemas;
  readonly #signal: AbortSignal;
  #last: number;

  constructor(afterSequence: number, schemas: KnownSchemas, signal: AbortSignal) {
    this.#afterSequence = afterSequence;
    this.#last = afterSequence;
    this.#schemas = schemas;
    this.#signal = signal;
  }

  /**
   * Gives the delta-objects of a row, each with its sequence-number. Throws Request where it is out of order, and throws or rejects
   * as `KnownSchemas.decode` does.
   */
  decode({ sequence, deltaBuffer }: Extract<Frame, { kind: "ROW" }>): DeltaObject[] | Promise<DeltaObject[]> {
    if (sequence <= this.#afterSequence) throw outOfOrder(sequence, this.#last);
    this.checkEnd(sequence);
    this.#last = sequence;
    return this.#schemas.decode(deltaBuffer, this.#signal, sequence);
  }

  /** Throws Request where rows of a later sequence-number came. */
  checkEnd(sequence: number): void {
    if (sequence < this.#last) throw outOfOrder(sequence, this.#last);
  }
}

function outOfOrder(sequence: number, last: number): LiveDistError {
  return new LiveDistError("Request", `sequence-number ${sequence} came after ${last}`);
}

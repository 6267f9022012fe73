import { LiveDistError } from "../base/errors.js";
import type { DeltaObject } from "../delta/delta-object.js";
import type { Head } from "../wire/frames.js";
import { type AnswerFrames, unexpectedFrame } from "./answer-frames.js";
import type { KnownSchemas } from "./known-schemas.js";
import type { Operation } from "./operations.js";

/**
 * A snapshot of what a slice selects, while it streams in (guide §2.2). It is taken once, entity by entity or in `batches`.
 * When the iterator finishes, the Edge's position is that of the snapshot; breaking off cancels the request and leaves the
 * position. The iterator rejects with Network where the answer is cut short, with Request where it does not bring `count`
 * entities, and with Closed where it was aborted.
 */
export interface Load extends AsyncIterable<DeltaObject> {
  /** The sequence-number at which this is a snapshot. */
  readonly sequence: number;
  /** Entities to come. */
  readonly count: number;
  /** The tech-ids named in the request that the server does not hold; empty in a FullLoad. */
  readonly gone: readonly string[];
  /** Gives the same delta-objects (CREATE) in arrays as they arrive, which is faster. */
  batches(): AsyncIterable<readonly DeltaObject[]>;
  /** Gives the load up before it was iterated; afterwards it has no effect. */
  cancel(): void;
}

/** What a load needs of the Edge that began it. */
export interface LoadContext {
  readonly frames: AnswerFrames;
  readonly schemas: KnownSchemas;
  readonly operation: Operation;
  /** Called once, when everything has arrived. */
  finished(): void;
  /** Gives back an error that the load ends with, having noted what it says of the connection. */
  noticed(error: unknown): unknown;
}

/** The load whose answer begins with `head`. */
export class FramesLoad implements Load {
  readonly sequence: number;
  readonly count: number;
  readonly gone: readonly string[] = [];
  readonly #context: LoadContext;
  #isTaken = false;

  /** Throws Request where the head does not say how many entities are to come. */
  constructor(head: Head, context: LoadContext) {
    if (head.count === undefined) throw new LiveDistError("Request", "the HEAD of a load has no count");
    this.sequence = head.sequence;
    this.count = head.count;
    this.#context = context;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<DeltaObject, void, undefined> {
    for await (const deltas of this.batches()) for (const delta of deltas) yield delta;
  }

  async *batches(): AsyncGenerator<readonly DeltaObject[], void, undefined> {
    if (this.#isTaken) throw new LiveDistError("Request", "a load can be iterated only once");
    this.#isTaken = true;
    const { frames } = this.#context;
    try {
      yield* this.#entities();
      await frames.finish();
      this.#context.finished();
    } catch (error) {
      throw this.#context.noticed(error);
    } finally {
      this.cancel();
    }
  }

  cancel(): void {
    this.#isTaken = true;
    this.#context.frames.cancel();
    this.#context.operation.end();
  }

  async *#entities(): AsyncGenerator<readonly DeltaObject[], void, undefined> {
    const { frames, schemas, operation } = this.#context;
    let received = 0;
    for (;;) {
      const frame = await frames.next();
      if (frame.kind === "END") break;
      if (frame.kind !== "ENTITIES") throw unexpectedFrame(frame);
      const deltas = await schemas.decode(frame.deltaBuffer, operation.signal);
      received += deltas.length;
      if (received > this.count)
        throw new LiveDistError("Request", `a load brought more than the ${this.count} entities it announced`);
      checkCreates(deltas);
      yield deltas;
    }
    if (received < this.count) {
      throw new LiveDistError("Request", `a load brought ${received} of the ${this.count} entities it announced`);
    }
  }
}

function checkCreates(deltas: readonly DeltaObject[]): void {
  const other = deltas.find((delta) => delta.oper !== "CREATE");
  if (other) throw new LiveDistError("Request", `a load brought a delta-object with the oper ${other.oper}`);
}

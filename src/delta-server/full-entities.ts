import { givenBody, type MayGive } from "../cache-server/body-reader.js";
import { isHeaderOnly } from "../cache-server/header-record.js";
import { deltaFlags } from "../delta/encoded-delta.js";
import type { Schema } from "../delta/schema.js";
import { LateBody } from "./late-body.js";
import { LateFrame } from "./late-frame.js";
import { writeFull } from "./row-frame.js";
import { RowFrames } from "./row-frames.js";
import type { StreamEntry } from "./stream-entries.js";

/** A record of the cache that is the whole entity. */
interface WholeRecord {
  readonly record: Uint8Array;
  readonly schemaName: string;
}

/** Entities that one client alone is given in full at a sequence-number, as the cache holds them there (protocol: unregistering). */
export class FullEntities {
  readonly #sequence: number;
  readonly #mayGive: MayGive;
  readonly #entities: (WholeRecord | LateBody)[] = [];

  constructor(sequence: number, mayGive: MayGive) {
    this.#sequence = sequence;
    this.#mayGive = mayGive;
  }

  get isEmpty(): boolean {
    return this.#entities.length === 0;
  }

  /** Adds an entity by its record in the cache. */
  add(record: Uint8Array, schema: Schema): void {
    const isLate = isHeaderOnly(record);
    this.#entities.push(isLate ? new LateBody(this.#sequence, record, schema) : { record, schemaName: schema.name });
  }

  /** Gives them for the client's stream. */
  entry(): StreamEntry {
    const late = this.#entities.filter((one) => one instanceof LateBody);
    const frame = late.length === 0 ? this.#frames() : new LateFrame(late, () => this.#frames());
    return { sequence: this.#sequence, frame };
  }

  #frames(): Uint8Array {
    const frames = new RowFrames(this.#sequence);
    for (const one of this.#entities) {
      const { record, schemaName } = one instanceof LateBody ? givenBody(one.header, one.body!, this.#mayGive) : one;
      frames.add(schemaName, (writer) => writeFull(writer, record, deltaFlags.forThisClientAlone));
    }
    return frames.finish();
  }
}

import { bytesToGuid, guidToBytes } from "../base/guid.js";
import { ByteWriter } from "../base/byte-writer.js";
import { SequenceTooOldError } from "../base/errors.js";
import { RESUME_ENTITIES_MAX } from "../base/limits.js";
import type { Cache } from "../cache-server/cache.js";
import { readEncodedDeltaBuffer, writeBufferHead } from "../delta/delta-buffer.js";
import { TECH_ID_BYTES, type EncodedDelta } from "../delta/encoded-delta.js";
import type { Schema } from "../delta/schema.js";
import type { SchemaRegistry } from "../delta/schema-registry.js";
import type { Store } from "../store/store.js";
import { topicsHeld } from "../topics/topics-held.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import { beginFrame, finishFrame } from "../wire/frames.js";
import type { LogWindow } from "./log-window.js";
import { writeFull, writeLeaves } from "./row-frame.js";

const READ_LIMITS = { rowsMax: 1_000, bytesMax: 4 * 1024 * 1024 };
const FRAME_BYTES = 128 * 1024;

export interface ResumeParts {
  readonly store: Store;
  readonly schemas: SchemaRegistry;
  readonly window: LogWindow;
  readonly cache: Cache;
}

/** The last delta-object of an entity since a position, without its fields. */
interface LastChange {
  readonly schema: Schema;
  readonly encoded: EncodedDelta;
}

/**
 * Gives what a client in `transition` mode needs to go on from a position older than the window: of all entities that changed
 * since, those that its slice selects now in full, the others as leaving (protocol: resuming). What happened in between is
 * not told again, for the topics that decided it are not known any more.
 */
export async function resumeTransition(parts: ResumeParts, slice: TopicsSlice, position: number): Promise<{ frames: Uint8Array[]; sequence: number }> {
  const changes = await changesSince(parts, position);
  // From here on nothing waits: the cache is at the window's last sequence.
  const frames = new ResumeFrames(parts.window.lastSequence);
  const techIdBytes = new Uint8Array(TECH_ID_BYTES);
  for (const [techId, { schema, encoded }] of changes) {
    guidToBytes(techId, techIdBytes, 0);
    const held = parts.cache.find(techIdBytes, 0);
    if (held !== undefined && slice.selectsHeld(topicsHeld(held.topics))) frames.add(held.schema, (writer) => writeFull(writer, held.record));
    else frames.add(schema, (writer) => writeLeaves(writer, encoded));
  }
  return { frames: frames.finish(), sequence: parts.window.lastSequence };
}

/** Reads the log from a position up to the window, then the window itself. */
async function changesSince({ store, schemas, window }: ResumeParts, position: number): Promise<Map<string, LastChange>> {
  const changes = new Map<string, LastChange>();
  let read = position;
  while (read < window.startSequence) {
    const rows = await store.log.read(read, READ_LIMITS);
    if (rows.length === 0) break;
    for (const { sequence, deltaBuffer } of rows) {
      const { schemaName, deltas } = readEncodedDeltaBuffer(deltaBuffer);
      const schema = await schemas.load(schemaName);
      for (const encoded of deltas) note(changes, schema, encoded);
      read = sequence;
    }
  }
  for (const row of window.after(Math.max(read, window.startSequence))) {
    const schema = schemas.named(row.schemaName);
    if (schema !== undefined) for (const { encoded } of row.deltas) note(changes, schema, encoded);
  }
  return changes;
}

function note(changes: Map<string, LastChange>, schema: Schema, encoded: EncodedDelta): void {
  if (encoded.oper === "REGISTER") return;
  const techId = bytesToGuid(encoded.bytes, encoded.techIdAt);
  // A copy of the tech-id, so that the row's buffer is not kept in memory.
  const bytes = encoded.bytes.slice(encoded.techIdAt, encoded.techIdAt + TECH_ID_BYTES);
  changes.set(techId, { schema, encoded: { ...encoded, bytes, techIdAt: 0, start: 0, operAt: 0, structureAt: 0, bodyAt: 0, end: 0 } });
  if (changes.size > RESUME_ENTITIES_MAX) {
    throw new SequenceTooOldError(`more than ${RESUME_ENTITIES_MAX} entities changed since the position (RESUME_ENTITIES_MAX)`);
  }
}

/** Collects delta-objects into ROW frames at one sequence, each of one schema. */
class ResumeFrames {
  readonly #sequence: number;
  readonly #done: Uint8Array[] = [];
  #writer: ByteWriter | undefined;
  #schema: Schema | undefined;

  constructor(sequence: number) {
    this.#sequence = sequence;
  }

  add(schema: Schema, write: (writer: ByteWriter) => void): void {
    if (this.#writer === undefined || this.#schema !== schema || this.#writer.length > FRAME_BYTES) {
      this.#close();
      this.#schema = schema;
      this.#writer = new ByteWriter();
      beginFrame(this.#writer, "ROW");
      this.#writer.varint(this.#sequence);
      writeBufferHead(this.#writer, schema.name);
    }
    write(this.#writer);
  }

  finish(): Uint8Array[] {
    this.#close();
    return this.#done;
  }

  #close(): void {
    if (this.#writer === undefined) return;
    finishFrame(this.#writer, 0);
    this.#done.push(this.#writer.view());
    this.#writer = undefined;
  }
}

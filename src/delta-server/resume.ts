import { ByteReader } from "../base/byte-reader.js";
import { SequenceTooOldError } from "../base/errors.js";
import { bytesToGuid } from "../base/guid.js";
import { RESUME_BYTES_MAX, RESUME_ENTITIES_MAX } from "../base/limits.js";
import { isHeaderOnly } from "../cache-server/header-record.js";
import { readEncodedDelta, TECH_ID_BYTES, type EncodedDelta } from "../delta/encoded-delta.js";
import type { SchemaDelta } from "../delta/merge-record.js";
import { topicsHeld } from "../topics/topics-held.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import type { DeltaServer } from "./delta-server.js";
import { whereSelected } from "./may-give.js";
import type { LogWindow } from "./log-window.js";
import type { OldRows } from "./old-rows.js";
import { readLogRow } from "./read-log-row.js";
import { writeFull, writeLeaves } from "./row-frame.js";
import { RowFrames } from "./row-frames.js";

const READ_LIMITS = { rowsMax: 1_000, bytesMax: 4 * 1024 * 1024 };

/** The last delta-object of an entity since a position, without its fields. */
interface LastChange {
  readonly schemaName: string;
  readonly encoded: EncodedDelta;
}

/**
 * Gives what a client in `transition` mode needs to go on from a position older than the window: of all entities that changed
 * since, those that its slice selects now in full, the others as leaving (protocol: resuming). What happened in between is
 * not told again, for the topics that decided it are not known any more.
 */
export async function resumeTransition(server: DeltaServer, slice: TopicsSlice, position: number): Promise<OldRows> {
  const changes = new Map<string, LastChange>();
  let read = position;
  while (read < server.window.startSequence) {
    const through = await noteLog(changes, server, read);
    if (through === read) break;
    read = through;
  }
  // From here until all is decided nothing waits: rows that enter meanwhile would be passed over.
  noteWindow(changes, server.window, read);
  const { cache, sequence } = server;
  const frames = new RowFrames(sequence);
  const headers: SchemaDelta[] = [];
  for (const { schemaName, encoded } of changes.values()) {
    const held = cache.find(encoded.bytes, encoded.techIdAt);
    const isSelected = held !== undefined && slice.selectsHeld(topicsHeld(held.topics));
    if (!isSelected) frames.add(schemaName, (writer) => writeLeaves(writer, encoded));
    else if (isHeaderOnly(held.record)) headers.push({ encoded: readRecord(held.record), schema: held.schema });
    else frames.add(held.schema.name, (writer) => writeFull(writer, held.record));
    checkBytes(frames);
  }
  for await (const bodies of cache.bodies?.readAll(headers, whereSelected(slice)) ?? []) {
    for (const { record, schemaName } of bodies) frames.add(schemaName, (writer) => writeFull(writer, record));
    checkBytes(frames);
  }
  return { frames: frames.length > 0 ? [frames.finish()] : [], sequence };
}

/** Notes what some rows of the log after a sequence-number say; gives the last one's. */
async function noteLog(changes: Map<string, LastChange>, server: DeltaServer, after: number): Promise<number> {
  let through = after;
  for (const row of await server.log.read(after, READ_LIMITS)) {
    for (const { encoded, schema } of (await readLogRow(row, server.schemas)) ?? [])
      note(changes, schema.name, encoded);
    through = row.sequence;
  }
  return through;
}

function noteWindow(changes: Map<string, LastChange>, window: LogWindow, after: number): void {
  for (const { deltas } of window.after(Math.max(after, window.startSequence))) {
    for (const { encoded, schemaName } of deltas) note(changes, schemaName, encoded);
  }
}

function note(changes: Map<string, LastChange>, schemaName: string, encoded: EncodedDelta): void {
  if (encoded.oper === "REGISTER") return;
  const techId = bytesToGuid(encoded.bytes, encoded.techIdAt);
  // A copy of the tech-id, so that the row's buffer is not kept in memory.
  const bytes = encoded.bytes.slice(encoded.techIdAt, encoded.techIdAt + TECH_ID_BYTES);
  changes.set(techId, {
    schemaName,
    encoded: { ...encoded, bytes, techIdAt: 0, start: 0, operAt: 0, structureAt: 0, bodyAt: 0, end: 0 },
  });
  if (changes.size > RESUME_ENTITIES_MAX) throw tooMuch(`${RESUME_ENTITIES_MAX} entities`, "RESUME_ENTITIES_MAX");
}

function readRecord(record: Uint8Array): EncodedDelta {
  return readEncodedDelta(new ByteReader(record));
}

function checkBytes(frames: RowFrames): void {
  if (frames.length > RESUME_BYTES_MAX) throw tooMuch(`${RESUME_BYTES_MAX} bytes`, "RESUME_BYTES_MAX");
}

function tooMuch(what: string, limit: string): SequenceTooOldError {
  return new SequenceTooOldError(`more than ${what} changed since the position (${limit})`);
}

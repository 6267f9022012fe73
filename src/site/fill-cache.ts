import { ByteReader } from "../base/byte-reader.js";
import { ByteWriter } from "../base/byte-writer.js";
import { LiveDistError } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import type { Cache } from "../cache-server/cache.js";
import { writeDelta } from "../delta/delta-codec.js";
import { readEncodedDelta } from "../delta/encoded-delta.js";
import type { SchemaRegistry } from "../delta/schema-registry.js";
import type { IDeltaObjectsReader } from "../plugs/delta-objects-reader.js";
import { readLogRow } from "../delta-server/read-log-row.js";
import type { LogBounds, LogRow, Store } from "../store/store.js";

/**
 * Fills a cache when a server starts, and gives the bounds of the log as of the same moment: the cache holds exactly what
 * had been committed then. Without a reader the entities are made from the log, which must reach back to its beginning.
 */
export async function fillCache(
  cache: Cache,
  store: Store,
  schemas: SchemaRegistry,
  reader: IDeltaObjectsReader | undefined,
  logger: Logger,
): Promise<LogBounds> {
  if (reader === undefined) return fillFromLog(cache, store, schemas, logger);
  const bounds = await store.snapshot(async (snapshot) => {
    const bounds = await snapshot.logBounds();
    const writer = new ByteWriter();
    for await (const batch of reader.readAll(snapshot)) {
      for (const delta of batch) {
        writer.reset();
        writeDelta(writer, schemas.own, delta);
        cache.apply({ encoded: readEncodedDelta(new ByteReader(writer.view())), schema: schemas.own }, 0);
      }
    }
    return bounds;
  });
  await noteChanges(cache, store, schemas, bounds);
  return bounds;
}

const READ_LIMITS = { rowsMax: 1_000, bytesMax: 4 * 1024 * 1024 };

/** Notes at which sequence-number each entity was changed last: what the log still tells of it, and what trimming kept. */
async function noteChanges(cache: Cache, store: Store, schemas: SchemaRegistry, bounds: LogBounds): Promise<void> {
  let sequence = bounds.firstSequence - 1;
  while (sequence < bounds.lastSequence) {
    const rows = await store.log.read(sequence, READ_LIMITS);
    for (const row of rows) {
      sequence = row.sequence;
      const read = await readLogRow(row, schemas);
      for (const { encoded } of read ?? []) {
        if (encoded.oper !== "REGISTER") cache.noteChange(encoded.bytes, encoded.techIdAt, sequence);
      }
    }
    if (rows.length === 0) break;
  }
  // Read last: what is trimmed meanwhile has gone there.
  for await (const batch of store.log.changes()) {
    for (const change of batch) cache.noteChange(change.techId, 0, change.sequence);
  }
}

async function fillFromLog(cache: Cache, store: Store, schemas: SchemaRegistry, logger: Logger): Promise<LogBounds> {
  const bounds = await store.log.bounds();
  if (bounds.firstSequence > 1) {
    throw new LiveDistError(
      "Config",
      "the log was trimmed, so entities cannot be made from it alone: give a reader (for instance Entities) to startLiveDist",
    );
  }
  let sequence = 0;
  while (sequence < bounds.lastSequence) {
    const rows = await store.log.read(sequence, READ_LIMITS);
    for (const row of rows) {
      sequence = row.sequence;
      await applyRow(cache, row, schemas, logger);
    }
    if (rows.length === 0) break;
  }
  return { ...bounds, lastSequence: sequence };
}

async function applyRow(cache: Cache, row: LogRow, schemas: SchemaRegistry, logger: Logger): Promise<void> {
  const report = (error: unknown): void =>
    logger.error({ error, sequence: row.sequence }, "something in a row of the log is damaged; it is passed over");
  const read = await readLogRow(row, schemas, report);
  for (const delta of read ?? []) {
    try {
      cache.apply(delta, row.sequence);
    } catch (error) {
      if (!(error instanceof LiveDistError)) throw error;
      report(error);
    }
  }
}

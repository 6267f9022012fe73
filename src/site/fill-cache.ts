import { ByteReader } from "../base/byte-reader.js";
import { ByteWriter } from "../base/byte-writer.js";
import { LiveDistError } from "../base/errors.js";
import type { Cache } from "../cache-server/cache.js";
import { readEncodedDeltaBuffer } from "../delta/delta-buffer.js";
import { writeDelta } from "../delta/delta-codec.js";
import { readEncodedDelta } from "../delta/encoded-delta.js";
import type { Schema } from "../delta/schema.js";
import type { SchemaRegistry } from "../delta/schema-registry.js";
import type { DeltaObjectsReader } from "../plugs/delta-objects-reader.js";
import type { LogBounds, Store } from "../store/store.js";

/**
 * Fills a cache when a server starts, and gives the bounds of the log as of the same moment: the cache holds exactly what
 * had been committed then. Without a reader the entities are made from the log, which must reach back to its beginning.
 */
export async function fillCache(cache: Cache, store: Store, schemas: SchemaRegistry, reader: DeltaObjectsReader | undefined): Promise<LogBounds> {
  if (reader === undefined) return fillFromLog(cache, store, schemas);
  return store.snapshot(async (snapshot) => {
    const bounds = await snapshot.logBounds();
    const writer = new ByteWriter();
    for await (const batch of reader.readAll(snapshot)) {
      for (const delta of batch) {
        writer.reset();
        writeDelta(writer, schemas.own, delta);
        cache.apply({ encoded: readEncodedDelta(new ByteReader(writer.view())), schema: schemas.own });
      }
    }
    return bounds;
  });
}

const READ_LIMITS = { rowsMax: 1_000, bytesMax: 4 * 1024 * 1024 };

async function fillFromLog(cache: Cache, store: Store, schemas: SchemaRegistry): Promise<LogBounds> {
  const bounds = await store.log.bounds();
  if (bounds.firstSequence > 1) {
    throw new LiveDistError("Config", "the log was trimmed, so entities cannot be made from it alone: give a reader (for instance Entities) to startLiveDist");
  }
  let sequence = 0;
  while (sequence < bounds.lastSequence) {
    const rows = await store.log.read(sequence, READ_LIMITS);
    for (const row of rows) {
      sequence = row.sequence;
      const { schemaName, deltas } = readEncodedDeltaBuffer(row.deltaBuffer);
      const schema: Schema = await schemas.load(schemaName);
      for (const encoded of deltas) cache.apply({ encoded, schema });
    }
    if (rows.length === 0) break;
  }
  return { ...bounds, lastSequence: sequence };
}

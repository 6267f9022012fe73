import { LiveDistError } from "../../base/errors.js";
import { unexpectedFrame } from "../../edge/answer-frames.js";
import { checkStructure } from "../../delta/check-structure.js";
import { readEncodedDeltaBuffer } from "../../delta/delta-buffer.js";
import type { SchemaDelta } from "../../delta/merge-record.js";
import type { SchemaRegistry } from "../../delta/schema-registry.js";
import type { MotherLoad } from "./mother-client.js";

/**
 * Reads the entities of a load to its end and gives each to `take`. Rejects as the frames do, with Request where others come than
 * the HEAD announced, and with DeltaBufferError.
 */
export async function readEntities(
  { head, frames }: MotherLoad,
  schemas: SchemaRegistry,
  take: (entity: SchemaDelta) => void,
): Promise<void> {
  let received = 0;
  for (;;) {
    const frame = await frames.next();
    if (frame.kind === "END") break;
    if (frame.kind !== "ENTITIES") throw unexpectedFrame(frame);
    const { schemaName, deltas } = readEncodedDeltaBuffer(frame.deltaBuffer);
    const schema = await schemas.load(schemaName);
    for (const encoded of deltas) {
      checkStructure(encoded, schema);
      if (encoded.oper !== "CREATE") throw malformed(`brought a delta-object with the oper ${encoded.oper}`);
      take({ encoded, schema });
    }
    received += deltas.length;
  }
  if (received !== head.count) throw malformed(`brought ${received} of the ${head.count ?? 0} entities it announced`);
  await frames.finish();
}

function malformed(what: string): LiveDistError {
  return new LiveDistError("Request", `a load of the mother ${what}`);
}

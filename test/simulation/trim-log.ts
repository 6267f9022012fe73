import { guidToBytes } from "../../src/base/guid.js";
import { isCommandRecord } from "../../src/delta-server/command-record.js";
import { decodeDeltaBuffer } from "../../src/delta/delta-buffer.js";
import type { EntityChange, Store } from "../../src/store/store.js";
import { schema } from "./things.js";

const READ_LIMITS = { rowsMax: 100_000, bytesMax: 100_000_000 };

/** Trims a part of a log, from 0 to 1, as another server of the site may at any moment; never what `readTo` says is not read yet. */
export async function trimLog({ log }: Store, part: number, readTo: number): Promise<void> {
  const { firstSequence, lastSequence } = await log.bounds();
  const through = Math.min(readTo, firstSequence - 1 + Math.floor(part * (lastSequence - firstSequence + 2)));
  if (through < firstSequence) return;
  const changes = new Map<string, EntityChange>();
  for (const { sequence, deltaBuffer } of await log.read(firstSequence - 1, READ_LIMITS)) {
    if (sequence > through || isCommandRecord(deltaBuffer)) continue;
    for (const { oper, techId, deltaClass } of decodeDeltaBuffer(schema, deltaBuffer)) {
      if (oper === "REGISTER") continue;
      const bytes = new Uint8Array(16);
      guidToBytes(techId, bytes, 0);
      changes.set(techId, { techId: bytes, className: deltaClass.name, sequence, isDeleted: oper === "DELETE" });
    }
  }
  await log.trim(through, [...changes.values()]);
}

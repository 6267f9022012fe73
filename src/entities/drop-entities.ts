import type { DeltaObject } from "../delta/delta-object.js";
import { latestIn } from "../delta/version-tree.js";
import type { Transaction } from "../store/store.js";
import { deleteDelta } from "./entity-deltas.js";
import { EntityWriter } from "./entity-writer.js";
import type { UnitParts } from "./unit-of-work.js";
import { checkedTechId } from "./whole-fields.js";

/** Deletes entities physically, of whatever class, and gives their DELETE deltas. Those not held are passed over. */
export async function dropEntities(
  { dialect, tables, reader, clock, hybridClock }: UnitParts,
  transaction: Transaction,
  techIds: readonly string[],
): Promise<DeltaObject[]> {
  const writer = new EntityWriter(transaction, dialect);
  const updateTime = new Date(Math.floor(clock.now()));
  const deltas: DeltaObject[] = [];
  const left = new Set(techIds.map((techId) => checkedTechId(techId, "an entity")));
  for (const table of tables.entities) {
    if (left.size === 0) break;
    for (const { entity, inCache, versions } of await reader.heads(transaction, table, [...left])) {
      left.delete(entity.techId);
      await writer.remove(table, entity.techId);
      const version = hybridClock.tick(updateTime.getTime(), latestIn(versions));
      deltas.push(deleteDelta({ entity, inCache, version }, updateTime));
    }
  }
  return deltas;
}

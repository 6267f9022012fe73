import { LiveDistError } from "../base/errors.js";
import { TAKE_OVER_ENTITIES_MAX } from "../base/limits.js";
import type { DeltaClass } from "../delta/delta-class.js";
import type { DeltaObject } from "../delta/delta-object.js";
import { isPart } from "../delta/field-type.js";
import { nodeOf, type ObjectNode } from "../delta/version-tree.js";
import type { Transaction } from "../store/store.js";
import { formatTopicsList } from "../topics/topics-list.js";
import { createDelta } from "./entity-deltas.js";
import { topicsFor } from "./entity-topics.js";
import { formatVersions } from "./entity-versions.js";
import type { LooseFields, StoredEntity } from "./entity.js";
import { partsIn } from "./part-lists.js";
import type { EntityTable, FieldsTable } from "./sql/entity-table.js";
import { runAll } from "./sql/run-all.js";
import type { UnitParts } from "./unit-of-work.js";
import { checkedTechId, checkedValue } from "./whole-fields.js";

/**
 * Makes entities of the rows that an application's table had before LiveDist came, and gives their CREATE deltas in batches.
 * They have to go into the log: a cache may be running already, and a father or a son hears of entities by the log alone.
 * Rejects with Config where a row cannot be an entity.
 */
export async function* takeOver(
  parts: UnitParts,
  transaction: Transaction,
  table: EntityTable,
): AsyncGenerator<readonly DeltaObject[], undefined> {
  const { reader, clock, hybridClock, topicsOf, localTopics } = parts;
  const nowMs = Math.floor(clock.now());
  await transaction.run(table.sql.takeOver(table.deltaClass.inCache, nowMs));
  await takeOverParts(transaction, table, "TechId");
  let versions: ObjectNode | undefined;
  let last = "";
  for (;;) {
    const page = await readable(table, reader.page(transaction, table, last));
    const end = page.at(-1);
    if (end === undefined) return;
    last = end.entity.techId;
    // What was there before has one version: nobody knows in which order it was written.
    versions ??= nodeOf(hybridClock.tick(nowMs));
    for (let at = 0; at < page.length; at += TAKE_OVER_ENTITIES_MAX) {
      const deltas: DeltaObject[] = [];
      for (const { entity: found, inCache } of page.slice(at, at + TAKE_OVER_ENTITIES_MAX)) {
        check(table, found.techId, found);
        const topics = topicsFor(topicsOf, found);
        const stored: StoredEntity = { entity: { ...found, topics: topics.app }, inCache, versions };
        const values = [formatTopicsList(topics.app), formatVersions(versions)];
        await runAll(transaction, table.sql.update(found.techId, ["Topics", "Versions"], values));
        deltas.push(createDelta(stored, [...new Set([...localTopics, ...topics.all])]));
      }
      yield deltas;
    }
  }
}

async function takeOverParts(transaction: Transaction, owner: FieldsTable, entityColumn: string): Promise<void> {
  for (const table of owner.parts) {
    // Parts in a table of LiveDist's own are none yet.
    if (table.source === undefined) continue;
    await transaction.run(table.sql.takeOver(owner.name, entityColumn));
    const [second] = table.field.type.kind === "part" ? await transaction.all(table.sql.selectSecond) : [];
    if (second !== undefined) {
      const why = `${String(second["OwnerTechId"])} has several rows in it, and field ${table.field.name} holds one part`;
      throw unfit(table, why);
    }
    await takeOverParts(transaction, table, table.entityColumn);
  }
}

/** An application may have written what no field reads, such as a text that is no JSON. */
async function readable<T>(table: EntityTable, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof LiveDistError) throw error;
    throw unfit(table, `a value cannot be read: ${String(error)}`, error);
  }
}

function check(
  table: FieldsTable,
  techId: string,
  { techId: own, fields }: { techId: string; fields: LooseFields },
): void {
  try {
    checkRow(table.deltaClass, own, fields);
  } catch (error) {
    throw unfit(table, `${techId}: ${error instanceof LiveDistError ? error.message : String(error)}`, error);
  }
}

function checkRow(deltaClass: DeltaClass, techId: string, fields: LooseFields): void {
  if (checkedTechId(techId, deltaClass.name) !== techId) {
    throw new LiveDistError("Config", `the tech-id ${techId} has to be in lower case`);
  }
  for (const { name, type } of deltaClass.fields) {
    if (!isPart(type)) checkedValue(type, fields[name], `field ${name}`);
    else for (const part of partsIn(fields[name])) checkRow(type.deltaClass, part.techId, part);
  }
}

function unfit({ source, name }: FieldsTable, why: string, cause?: unknown): LiveDistError {
  return new LiveDistError("Config", `rows of table ${source?.table ?? name} cannot be taken over: ${why}`, { cause });
}

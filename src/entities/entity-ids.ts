import type { DeltaClass } from "../delta/delta-class.js";
import type { Snapshot } from "../store/store.js";
import { TopicsReader } from "./topics-reader.js";
import type { EntityTable } from "./sql/entity-table.js";

/** Names an entity. */
export interface EntityId {
  readonly techId: string;
  readonly deltaClass: DeltaClass;
}

/** Gives the tech-ids of all entities in some tables, in batches. */
export async function* readTechIds(
  snapshot: Snapshot,
  tables: readonly EntityTable[],
): AsyncGenerator<readonly string[], undefined> {
  for (const { sql } of tables) {
    for await (const rows of snapshot.stream(sql.selectTechIds)) yield rows.map((row) => row["TechId"] as string);
  }
}

/** Gives the entities in some tables whose app topics a predicate wants, in batches; only their topics are read. */
export async function* readIdsWhere(
  snapshot: Snapshot,
  tables: readonly EntityTable[],
  isWanted: (appTopics: readonly string[]) => boolean,
): AsyncGenerator<readonly EntityId[], undefined> {
  for (const { sql, deltaClass } of tables) {
    for await (const rows of snapshot.stream(sql.selectTopics)) {
      const topics = new TopicsReader();
      const wanted = rows.filter((row) => isWanted(topics.read(row["Topics"] as string)));
      if (wanted.length > 0) yield wanted.map((row) => ({ techId: row["TechId"] as string, deltaClass }));
    }
  }
}

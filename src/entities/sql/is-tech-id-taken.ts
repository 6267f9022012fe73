import type { SqlSession } from "../../store/store.js";
import type { EntityTables } from "./entity-tables.js";

/** Tells whether an entity of any class has a tech-id. Caches know entities by their tech-id alone. */
export async function isTechIdTaken(session: SqlSession, tables: EntityTables, techId: string): Promise<boolean> {
  for (const { sql } of tables.entities) if ((await session.all(sql.selectTechId, [techId])).length > 0) return true;
  return false;
}

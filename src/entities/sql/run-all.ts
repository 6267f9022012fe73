import type { SqlSession } from "../../store/store.js";
import type { SqlText } from "./entities-dialect.js";

/** Runs statements one after the other. */
export async function runAll(session: SqlSession, statements: readonly SqlText[]): Promise<void> {
  for (const { sql, parameters } of statements) await session.run(sql, parameters);
}

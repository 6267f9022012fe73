import { readFile } from "node:fs/promises";
import { LiveDistError } from "../../base/errors.js";
import { newEpochName } from "../new-epoch-name.js";
import type { Random } from "../../base/random.js";
import type { BusyWait } from "./busy-wait.js";
import type { SqliteConnection } from "./sqlite-connection.js";
import { sqliteTables } from "./sqlite-tables.js";

/** The same from src/ and, in the package, from dist/. */
const scriptUrl = new URL("../../../sql/LiveDistDB.sqlite.sql", import.meta.url);
/** The layout of the tables that this version reads and writes; the script says the same. */
const LAYOUT = "1";

/** Gives the script that creates LiveDist's tables, with the prefix in front of every name. */
export async function readScript(prefix: string): Promise<string> {
  const script = await readFile(scriptUrl, "utf8");
  return script.replaceAll(/\bLiveDist(?=[A-Z])/g, `${prefix}LiveDist`);
}

/**
 * Creates the tables that are missing, all or none, and begins the first epoch where there is none yet. Rejects with
 * Store where the tables were made by a version with another layout. Where it rejects, the connection has to be closed.
 */
export async function createTables(
  connection: SqliteConnection,
  busy: BusyWait,
  prefix: string,
  random: Random,
): Promise<void> {
  const script = await readScript(prefix);
  const { state } = sqliteTables(prefix);
  await busy.until(() => connection.run("BEGIN IMMEDIATE"));
  connection.script(script);
  checkLayout(connection, state);
  connection.run(`INSERT OR IGNORE INTO ${state} (Name, Value) VALUES ('epoch', ?)`, [newEpochName(random)]);
  connection.run("COMMIT");
}

function checkLayout(connection: SqliteConnection, state: string): void {
  const layout = connection.first(`SELECT Value FROM ${state} WHERE Name = 'layout'`)?.Value;
  if (layout === LAYOUT) return;
  const message = `the tables have the layout ${String(layout)}, this version of LiveDist has ${LAYOUT}: use the version that made them`;
  throw new LiveDistError("Store", message);
}

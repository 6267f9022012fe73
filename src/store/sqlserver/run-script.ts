import { readFile } from "node:fs/promises";
import { LiveDistError } from "../../base/errors.js";
import type { Random } from "../../base/random.js";
import { newEpochName } from "../new-epoch-name.js";
import type { Requests } from "./requests.js";
import { configError, isConflict, isObjectThere } from "./sqlserver-errors.js";
import { sqlServerTables } from "./sqlserver-tables.js";
import { databaseStatements, stateStatements } from "./table-statements.js";

/** The same from src/ and, in the package, from dist/. */
const scriptUrl = new URL("../../../sql/LiveDistDB.sqlserver.sql", import.meta.url);
/** The layout of the tables that this version reads and writes; the script says the same. */
const LAYOUT = "1";
/** How often the script is begun again where another process creates the same tables. */
const ATTEMPTS = 10;

/** Gives the batches of the script that creates LiveDist's tables, with the prefix in front of every name. */
export async function readBatches(prefix: string): Promise<string[]> {
  const script = await readFile(scriptUrl, "utf8");
  const prefixed = script.replaceAll(/\bLiveDist(?=[A-Z])/g, `${prefix}LiveDist`);
  return prefixed.split(/^[ \t]*GO[ \t]*\r?$/im).filter((batch) => batch.trim() !== "");
}

/**
 * Creates the tables that are missing and begins the first epoch where there is none yet. Rejects with Config where the
 * database does not allow snapshots and the login may not change that, with Store where the tables were made by a version
 * with another layout.
 */
export async function createTables(requests: Requests, prefix: string, random: Random): Promise<void> {
  await allowSnapshots(requests);
  const batches = await readBatches(prefix);
  const { read, addEpoch } = stateStatements(sqlServerTables(prefix));
  await repeated(async () => {
    for (const batch of batches) await requests.batch(batch);
    await requests.query(addEpoch, [newEpochName(random)]);
  });
  const [row] = (await requests.query(read)).rows;
  const layout = row?.["Layout"];
  if (layout === LAYOUT) return;
  const message = `the tables have the layout ${String(layout)}, this version of LiveDist has ${LAYOUT}: use the version that made them`;
  throw new LiveDistError("Store", message);
}

async function allowSnapshots(requests: Requests): Promise<void> {
  const { snapshots, allowSnapshots: sql } = databaseStatements;
  const isAllowed = async () => (await requests.query(snapshots)).rows[0]?.["Snapshots"] === 1;
  if (await isAllowed()) return;
  try {
    await requests.batch(sql);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw configError(`the database does not allow snapshots; its owner has to run: ${sql} (${said})`);
  }
}

/** Two that create the same table at once do not wait for each other: the second one fails and finds it the next time. */
async function repeated(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await work();
      return;
    } catch (error) {
      if (attempt >= ATTEMPTS || !(isObjectThere(error) || isConflict(error))) throw error;
    }
  }
}

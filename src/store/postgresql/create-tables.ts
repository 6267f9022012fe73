import { readFile } from "node:fs/promises";
import { LiveDistError } from "../../base/errors.js";
import type { Random } from "../../base/random.js";
import { newEpochName } from "../new-epoch-name.js";
import type { PostgresqlConnection } from "./postgresql-connection.js";
import { postgresqlTables } from "./postgresql-tables.js";

/** The same from src/ and, in the package, from dist/. */
const scriptUrl = new URL("../../../sql/LiveDistDB.postgresql.sql", import.meta.url);
/** The layout of the tables that this version reads and writes; the script says the same. */
const LAYOUT = "2";

/** Gives the script that creates LiveDist's tables, with the prefix in front of every name. */
export async function readScript(prefix: string): Promise<string> {
  const script = await readFile(scriptUrl, "utf8");
  return script.replaceAll(/\bLiveDist(?=[A-Z])/g, `${prefix}LiveDist`);
}

/** Where LiveDist's tables stand. The ids are those of the tables, by which notifications are told apart. */
export interface TablesPlace {
  readonly schema: string;
  readonly logId: number;
  readonly clientsId: number;
}

interface FoundTables extends TablesPlace {
  /** Whether those are there too that earlier versions with this layout did not create. */
  readonly isWhole: boolean;
}

/**
 * Creates the tables, all or none, where they are missing, and begins the first epoch where there is none yet. Rejects with
 * Store where the tables were made by a version with another layout. Nothing is created, and no permission to create is
 * needed, where they are there.
 */
export async function createTables(
  connection: PostgresqlConnection,
  prefix: string,
  random: Random,
): Promise<TablesPlace> {
  let place = await findTables(connection, prefix);
  if (place) await checkLayout(connection, postgresqlTables(place.schema, prefix).state);
  if (!place?.isWhole) {
    await connection.script(await readScript(prefix));
    place = await findTables(connection, prefix);
  }
  if (place === undefined) throw new LiveDistError("Store", "the tables were created and are not to be found");
  const { state } = postgresqlTables(place.schema, prefix);
  if ((await connection.first(`SELECT FROM ${state} WHERE Name = 'epoch'`)) === undefined) {
    const sql = `INSERT INTO ${state} (Name, Value) VALUES ('epoch', ?) ON CONFLICT DO NOTHING`;
    await connection.run(sql, [newEpochName(random)]);
  }
  return place;
}

async function findTables(connection: PostgresqlConnection, prefix: string): Promise<FoundTables | undefined> {
  const sql = `SELECT nspname AS schema, to_regclass(quote_ident(nspname) || ?)::oid AS log,
      to_regclass(quote_ident(nspname) || ?)::oid AS clients, to_regclass(quote_ident(nspname) || ?)::oid AS master
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE pg_class.oid = to_regclass(?)`;
  const table = (name: string): string => `${prefix}LiveDist${name}`;
  const own = (name: string): string => `.${table(name)}`;
  const row = await connection.first(sql, [own("Log"), own("Clients"), own("Master"), table("State")]);
  if (row === undefined) return undefined;
  const isWhole = row.master !== null;
  return { schema: String(row.schema), logId: Number(row.log), clientsId: Number(row.clients), isWhole };
}

async function checkLayout(connection: PostgresqlConnection, state: string): Promise<void> {
  const layout = (await connection.first(`SELECT Value AS value FROM ${state} WHERE Name = 'layout'`))?.value;
  if (layout === LAYOUT) return;
  const message = `the tables have the layout ${String(layout)}, this version of LiveDist has ${LAYOUT}: use the version that made them`;
  throw new LiveDistError("Store", message);
}

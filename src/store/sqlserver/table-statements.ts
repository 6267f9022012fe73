import type { ClientKey } from "../client-statements.js";
import type { SqlServerTables } from "./sqlserver-tables.js";

/** T-SQL compares as if the shorter text had blanks behind it; to a name they belong. Parameters: the name, twice. */
const isNamed = (column: string) => `${column} = ? AND DATALENGTH(${column}) = DATALENGTH(?)`;

/** Finds the row of a client. */
export const clientKey: ClientKey = {
  condition: isNamed("ClientId"),
  parameters: (clientId) => [clientId, clientId],
};

/** The statements over LiveDistSchemas. */
export function schemaStatements({ schemas }: SqlServerTables) {
  return {
    /** Parameters: the name, twice. */
    get: `SELECT SchemaText FROM ${schemas} WHERE ${isNamed("SchemaName")}`,
    list: `SELECT SchemaName, SchemaText FROM ${schemas} ORDER BY SchemaId`,
    /** Parameters: name and text. */
    add: `INSERT INTO ${schemas} (SchemaName, SchemaText) VALUES (?, ?)`,
  } as const;
}

export type SchemaStatements = ReturnType<typeof schemaStatements>;

/** The statements over LiveDistLinks. */
export function linkStatements({ links }: SqlServerTables) {
  return {
    /** Parameters: the peer, twice. */
    get: `SELECT State FROM ${links} WHERE ${isNamed("Peer")}`,
    /** Parameters: the state, then the peer, twice. */
    update: `UPDATE ${links} SET State = ? WHERE ${isNamed("Peer")}`,
    /** Parameters: peer and state. */
    add: `INSERT INTO ${links} (Peer, State) VALUES (?, ?)`,
  } as const;
}

export type LinkStatements = ReturnType<typeof linkStatements>;

/** The statements over LiveDistState. */
export function stateStatements({ state }: SqlServerTables) {
  return {
    /** Gives Layout and Epoch; Epoch is null before the first openStore. */
    read:
      `SELECT (SELECT Value FROM ${state} WHERE Name = 'layout') AS Layout,` +
      ` (SELECT Value FROM ${state} WHERE Name = 'epoch') AS Epoch`,
    /** Parameter: the name of the epoch. Does nothing where there is one. */
    addEpoch: `INSERT INTO ${state} (Name, Value) SELECT 'epoch', ? WHERE NOT EXISTS (SELECT 1 FROM ${state} WHERE Name = 'epoch')`,
  } as const;
}

/** Tells of the database that a connection is in. */
export const databaseStatements = {
  /** Snapshots is 1 where they are allowed. */
  snapshots: "SELECT snapshot_isolation_state AS Snapshots FROM sys.databases WHERE database_id = DB_ID()",
  allowSnapshots: "ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON",
  /** Milliseconds since 2020 by the database's own clock; DATEDIFF_BIG is not to be had everywhere. */
  nowMs:
    "SELECT CAST(DATEDIFF(SECOND, '2020-01-01', SYSUTCDATETIME()) AS BIGINT) * 1000" +
    " + DATEPART(MILLISECOND, SYSUTCDATETIME()) AS now",
  place: "SELECT DB_NAME() AS DatabaseName, @@SERVERNAME AS ServerName",
} as const;

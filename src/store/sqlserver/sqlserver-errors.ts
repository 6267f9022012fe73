import { LiveDistError } from "../../base/errors.js";

/** What the error numbers of SQL Server that an operator can do something about mean here. */
const meanings: Readonly<Record<number, string>> = {
  229: "the login lacks a permission; docs/databases.md lists those that LiveDist needs",
  230: "the login lacks a permission; docs/databases.md lists those that LiveDist needs",
  262: "the login lacks a permission; docs/databases.md lists those that LiveDist needs",
  1101: "the database is full; nothing of the transaction was kept",
  1105: "the database is full; nothing of the transaction was kept",
  1205: "another transaction and this one waited for each other, and the database ended this one; run it again",
  1222: "another connection held a lock for too long (busyMsMax)",
  3906: "the database can only be read: it is a secondary replica, or was set so",
  3958: "tempdb has no room for the row versions of snapshots",
  3960: "another transaction changed the same row since this one began; run it again",
  3961: "a table was changed since the snapshot began; read again",
  3952: "the database does not allow snapshots; see docs/databases.md",
  3967: "tempdb has no room for the row versions of snapshots",
  4060: "there is no such database, or the login may not use it",
  9002: "the transaction log of the database is full; nothing of the transaction was kept",
  18456: "the login or its password is wrong",
};

const DEADLOCK = 1205;
/** Babelfish tells of a table that another one has just created as of its row type. */
const alreadyThere = new Set([2714, 219]);
const UNKNOWN_DATABASE = 4060;
const LOGIN_FAILED = 18456;
const LOCK_TIMED_OUT = 1222;
const SNAPSHOT_CONFLICT = 3960;
const TABLE_CHANGED = 3961;
const duplicates = new Set([2601, 2627]);
/** Babelfish tells of these with PostgreSQL's words and a number that says nothing. */
const SERIALIZATION_FAILURE = /^could not serialize access/;
const NO_DATABASE = /^database ".*" does not exist/;
const LOCK_TIMEOUT = /^canceling statement due to lock timeout/;
/** Codes of mssql that say the connection is gone, and with it whatever was open on it. */
const lostCodes = new Set(["ESOCKET", "ECONNCLOSED", "ECONNRESET", "ENOTOPEN", "ENOCONN"]);

/** Makes an error for a connection string or an option that is wrong. */
export function configError(message: string): LiveDistError {
  return new LiveDistError("Config", `SQL Server: ${message}`);
}

/** Makes an error of ours from what mssql threw while it did something; one of ours passes as it is. */
export function storeError(error: unknown): LiveDistError {
  if (error instanceof LiveDistError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const meaning = meanings[numberOf(error) ?? 0] ?? meaningOfCode(error);
  const message = meaning === undefined ? `SQL Server refuses: ${text}` : `${meaning} (SQL Server: ${text})`;
  return new LiveDistError("Store", message, { cause: error });
}

/** Makes an error of ours from what was thrown while a database was opened: Config where login, server or name are wrong. */
export function openingError(error: unknown): LiveDistError {
  if (error instanceof LiveDistError) return error;
  const number = numberOf(error);
  const isConfig =
    number === UNKNOWN_DATABASE ||
    number === LOGIN_FAILED ||
    codeOf(error) === "ELOGIN" ||
    codeOf(error) === "EINSTLOOKUP";
  return isConfig ? new LiveDistError("Config", storeError(error).message, { cause: error }) : storeError(error);
}

/** Tells whether a statement that stands alone and only reads may go through when it is run again. */
export function isPassing(error: unknown): boolean {
  const original = error instanceof LiveDistError ? error.cause : error;
  const number = numberOf(original);
  return number === DEADLOCK || number === TABLE_CHANGED || isLostConnection(original);
}

/** Tells whether a transaction of our own may go through when it is run again from its beginning. */
export function isConflict(error: unknown): boolean {
  const number = numberOf(error instanceof LiveDistError ? error.cause : error);
  return number === DEADLOCK || number === SNAPSHOT_CONFLICT || duplicates.has(number ?? 0);
}

/** Tells whether a table or trigger was there already when it was created. */
export function isObjectThere(error: unknown): boolean {
  return alreadyThere.has(numberOf(error instanceof LiveDistError ? error.cause : error) ?? 0);
}

function isLostConnection(error: unknown): boolean {
  return lostCodes.has(codeOf(error) ?? "");
}

function meaningOfCode(error: unknown): string | undefined {
  if (isLostConnection(error)) return "the connection was lost";
  const isOver = codeOf(error) === "EABORT" || codeOf(error) === "ENOTBEGUN";
  return isOver ? "the transaction is over: the database rolled it back after an error, or it was ended" : undefined;
}

// Not by class: an application may bring errors of another copy of mssql.
function numberOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if (SERIALIZATION_FAILURE.test(error.message)) return SNAPSHOT_CONFLICT;
  if (LOCK_TIMEOUT.test(error.message)) return LOCK_TIMED_OUT;
  if (NO_DATABASE.test(error.message)) return UNKNOWN_DATABASE;
  if ("number" in error && typeof error.number === "number") return error.number;
  return "originalError" in error ? numberOf(error.originalError) : undefined;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

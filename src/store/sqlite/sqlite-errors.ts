import { LiveDistError } from "../../base/errors.js";

/** What the result codes of SQLite that an operator can do something about mean here. */
const meanings: Readonly<Record<string, string>> = {
  SQLITE_FULL: "the disk, or the size allowed to the database, is full; nothing of the transaction was kept",
  SQLITE_IOERR: "the disk failed to read or write; nothing of the transaction was kept",
  SQLITE_READONLY:
    "the database cannot be written here: a snapshot never is, otherwise look at the permissions of the file and its directory",
  SQLITE_CORRUPT: "the database file is damaged; restore a copy of it and begin a new epoch",
  SQLITE_NOTADB: "the file is not an SQLite database",
  SQLITE_CANTOPEN: "the database file cannot be opened; look at its path and permissions",
  SQLITE_BUSY: "another connection holds the lock of the database",
  SQLITE_LOCKED: "another statement of this connection holds the lock of the table",
};

function codeOfSqlite(error: unknown): string | undefined {
  // Not by class: an application may bring errors of another copy of better-sqlite3.
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  return error.code.startsWith("SQLITE_") ? error.code : undefined;
}

/** SQLITE_IOERR_WRITE and SQLITE_IOERR_FSYNC are both kinds of SQLITE_IOERR. */
function primaryCode(error: unknown): string | undefined {
  return codeOfSqlite(error)?.split("_").slice(0, 2).join("_");
}

/** Makes an error of ours from what better-sqlite3 threw while it did something; one of ours passes as it is. */
export function storeError(error: unknown): LiveDistError {
  if (error instanceof LiveDistError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const meaning = meanings[primaryCode(error) ?? ""];
  return new LiveDistError("Store", meaning ? `${meaning} (SQLite: ${text})` : `SQLite refuses: ${text}`, {
    cause: error,
  });
}

/** Makes an error of ours from what was thrown while a file was opened: Config where the path is at fault. */
export function openingError(error: unknown, path: string): LiveDistError {
  const original = error instanceof LiveDistError ? error.cause : error;
  const code = primaryCode(original);
  const isPathWrong =
    code === "SQLITE_NOTADB" || code === "SQLITE_CANTOPEN" || (code === undefined && original instanceof TypeError);
  const { message } = storeError(error);
  return new LiveDistError(isPathWrong ? "Config" : "Store", `${path}: ${message}`, { cause: original });
}

/** Tells whether something was refused because another connection holds a lock, so that it may go through later. */
export function isBusy(error: unknown): boolean {
  return error instanceof LiveDistError && primaryCode(error.cause) === "SQLITE_BUSY";
}

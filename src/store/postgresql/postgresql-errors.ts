import { LiveDistError } from "../../base/errors.js";

/** What the states of PostgreSQL that an operator can do something about mean here; a class stands for all of its states. */
const meanings: Readonly<Record<string, string>> = {
  "40P01": "two transactions waited for each other, and this one was rolled back: run it again",
  "40001": "another transaction changed what this one had read, and this one was rolled back: run it again",
  "55P03": "another transaction held a lock for too long (busyMsMax)",
  "25P02": "a statement of this transaction failed before, so that only a rollback is left",
  "25006": "this cannot write: a snapshot never can, nor can a standby server",
  "42501": "the database user lacks a permission (see docs/databases.md)",
  "53": "the server is out of memory, disk space or connections",
  "08": "the connection was lost; what had not been committed is undone",
  "57P": "the server ended the connection; what had not been committed is undone",
};

/** States in which the same statement may well go through on its next attempt, on another connection. */
const LOST = /^(08|57P0)/;
const LOST_NODE = /^(ECONN|EPIPE|ETIMEDOUT|ENOTCONN|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH)/;
const LOST_MESSAGE = /^(Connection terminated|Client (was closed|has encountered a connection error))/;
const CONFLICT = /^40(P01|001)$/;

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

function originalOf(error: unknown): unknown {
  return error instanceof LiveDistError ? error.cause : error;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message || codeOf(error) : String(error);
}

/** Tells whether the connection is gone, so that whatever was open on it is undone. */
export function isConnectionLost(error: unknown): boolean {
  const original = originalOf(error);
  const code = codeOf(original);
  return (
    LOST.test(code) ||
    LOST_NODE.test(code) ||
    (original instanceof Error && code === "" && LOST_MESSAGE.test(original.message))
  );
}

/** Tells whether a single statement that failed may be run once more. */
export function isRepeatable(error: unknown): boolean {
  return isConnectionLost(error) || CONFLICT.test(codeOf(originalOf(error)));
}

/** Makes an error of ours from what pg threw; one of ours passes as it is. */
export function storeError(error: unknown): LiveDistError {
  if (error instanceof LiveDistError) return error;
  const text = textOf(error);
  const code = codeOf(error);
  const lost = isConnectionLost(error) ? meanings["08"] : undefined;
  const meaning = meanings[code] ?? meanings[code.slice(0, 3)] ?? meanings[code.slice(0, 2)] ?? lost;
  const message = meaning ? `${meaning} (PostgreSQL: ${text})` : `PostgreSQL refuses: ${text}`;
  return new LiveDistError("Store", message, { cause: error });
}

/** No such database or user, or not with this password: what the connection string says is wrong. */
const WRONG_STRING = /^(3D000|28)/;

/** Makes an error of ours from what was thrown while a database was opened: Config where the connection string is at fault. */
export function openingError(error: unknown, database: string): LiveDistError {
  const original = originalOf(error);
  const code = error instanceof LiveDistError && error.code === "Config" ? "Config" : undefined;
  // Nothing was begun that could be undone.
  const message = isConnectionLost(original)
    ? `no server answers there (${textOf(original)})`
    : storeError(error).message;
  return new LiveDistError(
    code ?? (WRONG_STRING.test(codeOf(original)) ? "Config" : "Store"),
    `${database}: ${message}`,
    {
      cause: original,
    },
  );
}

export function closedError(): LiveDistError {
  return new LiveDistError("Closed", "the store is closed");
}

import type { ErrorCode } from "../base/error-codes.js";
import { codeOf } from "../base/errors.js";

/** What the person at a terminal can do about errors whose message does not say it. */
const advice: Partial<Record<ErrorCode, string>> = {
  Network: "check the address, and that a server runs there (livedist start)",
  ClientDisabled: "enable it (livedist clients enable)",
  SequenceTooOld: "start again, which loads",
  EpochChanged: "start again, which loads",
};

/** Tells an error in one line: what happened, and what to do about it. */
export function tellError(error: unknown): string {
  const message = oneLine(error instanceof Error ? error.message : String(error));
  const code = codeOf(error);
  if (code === undefined) return `unexpected error: ${message} (LIVEDIST_DEBUG=1 shows where)`;
  const what = advice[code];
  return what === undefined ? message : `${message}; ${what}`;
}

/** Puts the lines of a text into one. */
export function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, " ");
}

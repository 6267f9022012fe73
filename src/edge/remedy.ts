import type { ErrorCode } from "../base/error-codes.js";
import { codeOf } from "../base/errors.js";
import { CopyFailedError } from "./copy-failed-error.js";

/** What a Replica does about an error: load everything again, wait and go on where it stands, or give up. */
export type Remedy = "load" | "wait" | "fail";

const remedies: Readonly<Record<ErrorCode, Remedy>> = {
  // What the copy has and what the server can continue do not meet any more.
  NotRegistered: "load",
  SequenceTooOld: "load",
  EpochChanged: "load",
  FutureSequence: "load",
  TopicNotInSlice: "load",
  // A delta of an entity that the copy should hold and does not.
  Entity: "load",
  // What passes by itself, or when someone who looks after the server does something.
  ClientDisabled: "wait",
  Network: "wait",
  Closed: "wait",
  Store: "wait",
  Internal: "wait",
  // What stays wrong until the program, its schema or its configuration changes.
  StaleCommand: "fail",
  UnknownClient: "fail",
  TopicsSlice: "fail",
  TopicsList: "fail",
  DeltaBuffer: "fail",
  UnknownSchema: "fail",
  Permission: "fail",
  Config: "fail",
  Limit: "fail",
  Request: "fail",
};

/** Gives what to do about anything that an Edge rejects with; what is not a LiveDistError does not pass. */
export function remedyFor(error: unknown): Remedy {
  // The copy's own database, not the server's.
  if (error instanceof CopyFailedError) return "fail";
  const code = codeOf(error);
  return code === undefined ? "fail" : remedies[code];
}

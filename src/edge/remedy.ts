import type { ErrorCode } from "../base/error-codes.js";
import { codeOf } from "../base/errors.js";
import type { Tracking } from "../wire/requests.js";
import { CopyFailedError } from "./copy-failed-error.js";

/**
 * What a Replica does about an error: load everything again; name what it holds and load what it lacks (only where the server
 * can say what is gone, which it can say to registered clients); go on where it stands, at once or after a wait; or give up.
 */
export type Remedy = "load" | "sync" | "goOn" | "wait" | "fail";

const remedies: Readonly<Record<ErrorCode, Remedy>> = {
  // What the copy has and what the server can continue do not meet any more.
  EpochChanged: "load",
  FutureSequence: "load",
  NotRegistered: "sync",
  SequenceTooOld: "sync",
  TopicNotInSlice: "sync",
  // A delta of an entity that the copy should hold and does not.
  Entity: "sync",
  // Another server is there already.
  Redirect: "goOn",
  NotServed: "wait",
  // What passes by itself, or when someone who looks after the server does something.
  ClientDisabled: "wait",
  Network: "wait",
  Closed: "wait",
  Busy: "wait",
  Store: "wait",
  ClockAhead: "wait",
  Internal: "wait",
  // A newer session of the client took over: whoever pushes it out again would be pushed out in turn.
  StaleCommand: "fail",
  // What stays wrong until the program, its schema or its configuration changes.
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
export function remedyFor(error: unknown, tracking: Tracking): Remedy {
  // The copy's own database, not the server's.
  if (error instanceof CopyFailedError) return "fail";
  const code = codeOf(error);
  const remedy = code === undefined ? "fail" : remedies[code];
  return remedy === "sync" && tracking !== "registration" ? "load" : remedy;
}

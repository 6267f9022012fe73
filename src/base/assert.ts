import { LiveDistError } from "./errors.js";

/** Stops at a state that the code around it excludes: a programmer's error, not the caller's. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new LiveDistError("Internal", `assertion failed: ${message}`);
}

/** Proves to the compiler that every kind of a union was handled. */
export function unreachable(value: never): never {
  throw new LiveDistError("Internal", `unexpected ${String(value)}`);
}

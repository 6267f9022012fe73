import { LiveDistError } from "../base/errors.js";

/** Thrown where an EntityCopy threw; `cause` is what it threw. Nothing that the server does can mend it. */
export class CopyFailedError extends LiveDistError {
  constructor(cause: unknown) {
    super("Store", `the copy failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Calls a method of a copy. Rejects with CopyFailedError where it throws, so that its errors are not taken for the server's. */
export async function callCopy<T>(call: () => T | Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw new CopyFailedError(error);
  }
}

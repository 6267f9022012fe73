import type { Logger } from "../base/logger.js";

/** Calls a plug that listens. What it throws or rejects with is logged: who listens must not hurt who speaks. */
export function tellPlug(logger: Logger, call: () => void | Promise<void>): void {
  const report = (error: unknown): void => logger.error({ err: error }, "a plug threw");
  try {
    call()?.catch(report);
  } catch (error) {
    report(error);
  }
}

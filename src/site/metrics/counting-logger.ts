import type { Logger } from "../../base/logger.js";

/** A logger, and how often it was given something that an operator should look at. */
export interface CountingLogger extends Logger {
  readonly counts: Readonly<Record<"warn" | "error", number>>;
}

/** Passes everything on to a logger, and counts warnings and errors: what no metric of its own tells stands at least in these. */
export function countingLogger(logger: Logger): CountingLogger {
  const counts = { warn: 0, error: 0 };
  return {
    counts,
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => {
      counts.warn++;
      logger.warn(fields, message);
    },
    error: (fields, message) => {
      counts.error++;
      logger.error(fields, message);
    },
  };
}

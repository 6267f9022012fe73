const signals = ["SIGINT", "SIGTERM"] as const;
/** A signal often comes twice, from the terminal and from npm or npx: one that follows so soon is the same. */
const SAME_SIGNAL_MS_MAX = 500;
const EXIT_CODE_FORCED = 130;

/** Gives a signal that SIGINT or SIGTERM aborts. Another one, later, ends the process at once. */
export function interrupted(): AbortSignal {
  const controller = new AbortController();
  let firstMs: number | undefined;
  const stop = (): void => {
    const nowMs = performance.now();
    if (firstMs !== undefined && nowMs - firstMs > SAME_SIGNAL_MS_MAX) process.exit(EXIT_CODE_FORCED);
    firstMs ??= nowMs;
    controller.abort();
  };
  for (const signal of signals) process.on(signal, stop);
  return controller.signal;
}

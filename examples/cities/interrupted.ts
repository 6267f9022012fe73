/** A signal often comes twice, from the terminal and from npm: one that follows so soon is the same. */
const SAME_SIGNAL_MS_MAX = 1_000;

/** Gives a signal that Ctrl-C and its like abort. Another one, later, ends the process at once. */
export function interrupted(): AbortSignal {
  const controller = new AbortController();
  let firstMs: number | undefined;
  const stop = (): void => {
    const nowMs = performance.now();
    if (firstMs !== undefined && nowMs - firstMs > SAME_SIGNAL_MS_MAX) process.exit(130);
    firstMs ??= nowMs;
    controller.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  return controller.signal;
}

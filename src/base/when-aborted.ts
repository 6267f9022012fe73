/** Calls back, with the reason, once a signal aborts; at once where it has done so. */
export function whenAborted(signal: AbortSignal, callback: (reason: unknown) => void): void {
  if (signal.aborted) callback(signal.reason);
  else signal.addEventListener("abort", () => callback(signal.reason), { once: true });
}

import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import type { DeltaObject } from "../src/delta/delta-object.js";

const ARRIVAL_MS_MAX = 60_000;

/** When delta-objects were committed in this process, and when they arrived in it; they may arrive first. */
export class CommitTimes {
  readonly #expected: number;
  readonly #committedMs = new Map<unknown, number>();
  readonly #arrivedMs = new Map<unknown, number>();
  #done: () => void = () => undefined;

  constructor(expected: number) {
    this.#expected = expected;
  }

  committed(delta: DeltaObject): void {
    this.#committedMs.set(keyOf(delta), performance.now());
  }

  arrived(delta: DeltaObject): void {
    this.#arrivedMs.set(keyOf(delta), performance.now());
    if (this.#arrivedMs.size === this.#expected) this.#done();
  }

  /** Waits until all have arrived; gives how many milliseconds each took from its commit, in order. Rejects where some do not come. */
  async all(): Promise<number[]> {
    const timeout = new AbortController();
    await Promise.race([
      new Promise<void>((resolve) => {
        this.#done = resolve;
        if (this.#arrivedMs.size === this.#expected) resolve();
      }),
      delay(ARRIVAL_MS_MAX, undefined, { signal: timeout.signal }).catch(() => undefined),
    ]);
    timeout.abort();
    const latenciesMs = [...this.#committedMs].map(([key, ms]) => (this.#arrivedMs.get(key) ?? NaN) - ms);
    if (latenciesMs.some(Number.isNaN)) throw new Error(`only ${this.#arrivedMs.size} of ${this.#expected} arrived`);
    return latenciesMs.sort((a, b) => a - b);
  }
}

/** When it was made, which no two share. */
function keyOf({ fields }: DeltaObject): unknown {
  return (fields as { sentAtMs: number }).sentAtMs;
}

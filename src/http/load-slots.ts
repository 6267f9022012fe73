import { HttpError } from "./http-error.js";

const RETRY_AFTER_SECONDS = "1";

/** Counts the loads that run at once: each keeps a snapshot alive, so that they may not become any number. */
export class LoadSlots {
  readonly #loadsMax: number;
  #taken = 0;

  constructor(loadsMax: number) {
    this.#loadsMax = loadsMax;
  }

  /** How many loads run. */
  get taken(): number {
    return this.#taken;
  }

  /** Runs a load. Throws Limit with the status 503 where as many run already as may. */
  async run(load: () => Promise<void>): Promise<void> {
    if (this.#taken >= this.#loadsMax) {
      const message = `${this.#loadsMax} loads run already (LOADS_MAX): load again a little later`;
      throw new HttpError(503, "Limit", message, { "Retry-After": RETRY_AFTER_SECONDS });
    }
    this.#taken++;
    try {
      await load();
    } finally {
      this.#taken--;
    }
  }
}

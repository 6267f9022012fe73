import type { Clock } from "../base/clock.js";
import { LiveDistError } from "../base/errors.js";

export interface ClientLimitsOptions {
  /** LiveDistRequestsPerSecondMax; 0 is without limit. */
  readonly requestsPerSecondMax: number;
  /** LiveDistLoadsPerClientMax; 0 is without limit. */
  readonly loadsMax: number;
}

/** Limits nobody. */
export const noClientLimits: ClientLimitsOptions = { requestsPerSecondMax: 0, loadsMax: 0 };

/** Gives the limits that a configuration sets. */
export function clientLimitsOf({
  requestsPerSecondMax,
  loadsPerClientMax,
}: Readonly<Record<"requestsPerSecondMax" | "loadsPerClientMax", number>>): ClientLimitsOptions {
  return { requestsPerSecondMax, loadsMax: loadsPerClientMax };
}

const SECOND_MS = 1_000;

/** Sees to it that one client, or all that share its ClientId, does not take the room of all others. */
export class ClientLimits {
  readonly #clock: Clock;
  readonly #options: ClientLimitsOptions;
  /** Requests of the present second. It forgets with each second, so that names which nobody has cannot fill it. */
  readonly #requests = new Map<string, number>();
  #secondBegunMs = -Infinity;
  /** Loads that run, by client: no more entries than loads. */
  readonly #loads = new Map<string, number>();

  constructor(clock: Clock, options: ClientLimitsOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** Counts a request. Throws Busy where the client has made too many in this second. */
  request(clientId: string): void {
    const { requestsPerSecondMax } = this.#options;
    if (requestsPerSecondMax === 0) return;
    const now = this.#clock.now();
    if (now - this.#secondBegunMs >= SECOND_MS || now < this.#secondBegunMs) {
      this.#requests.clear();
      this.#secondBegunMs = now;
    }
    const count = (this.#requests.get(clientId) ?? 0) + 1;
    if (count > requestsPerSecondMax) {
      const limit = `${requestsPerSecondMax} requests a second (LiveDistRequestsPerSecondMax)`;
      throw new LiveDistError("Busy", `the client ${clientId} makes more than ${limit}`);
    }
    this.#requests.set(clientId, count);
  }

  /** Counts a load; gives what ends it, which may be called again. Throws Busy where as many of the client run as may. */
  load(clientId: string): () => void {
    const { loadsMax } = this.#options;
    const count = this.#loads.get(clientId) ?? 0;
    if (loadsMax > 0 && count >= loadsMax) {
      const message = `${loadsMax} loads of the client ${clientId} run already (LiveDistLoadsPerClientMax)`;
      throw new LiveDistError("Busy", message);
    }
    this.#loads.set(clientId, count + 1);
    let isRunning = true;
    return () => {
      if (!isRunning) return;
      isRunning = false;
      const left = this.#loads.get(clientId)! - 1;
      if (left === 0) this.#loads.delete(clientId);
      else this.#loads.set(clientId, left);
    };
  }
}

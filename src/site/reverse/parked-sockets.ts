import { type Clock, systemClock } from "../../base/clock.js";
import { LiveDistError } from "../../base/errors.js";
import { PARKED_SOCKETS_MAX, PARKED_WAITING_MAX } from "../../base/limits.js";
import { abortable, within } from "../../edge/abortable.js";
import { Deferred } from "../../edge/deferred.js";
import { CONNECT_MS_MAX } from "../../edge/web-socket-stream.js";
import type { WebSocketLike } from "../../plugs/web-socket-like.js";

/** The WebSockets that sons have parked here, by ClientId. Each is taken once, to send one request on it. */
export class ParkedSockets {
  readonly #clock: Clock;
  readonly #parked = new Map<string, Set<WebSocketLike>>();
  readonly #waiting = new Map<string, Set<Deferred<WebSocketLike>>>();

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Gives how many of a client wait to be taken. */
  count(clientId: string): number {
    return this.#parked.get(clientId)?.size ?? 0;
  }

  /** Parks an open WebSocket: who waits for one gets it. Of too many the oldest is closed. */
  put(clientId: string, socket: WebSocketLike): void {
    const [waiting] = this.#waiting.get(clientId) ?? [];
    if (waiting) {
      remove(this.#waiting, clientId, waiting);
      waiting.resolve(socket);
      return;
    }
    add(this.#parked, clientId, socket);
    const drop = (): void => {
      if (remove(this.#parked, clientId, socket)) socket.close();
    };
    // Who is parked has nothing to say.
    for (const type of ["message", "error", "close"] as const) socket.addEventListener(type, drop);
    const [oldest] = this.#parked.get(clientId)!;
    if (this.count(clientId) <= PARKED_SOCKETS_MAX) return;
    remove(this.#parked, clientId, oldest!);
    oldest!.close();
  }

  /**
   * Takes a WebSocket that a client has parked, the newest first: after a cut the others may be dead without a word. Waits for one, CONNECT_MS_MAX milliseconds at most. Rejects with
   * Network where none comes, Limit where PARKED_WAITING_MAX wait already, and the signal's reason.
   */
  async take(clientId: string, signal: AbortSignal): Promise<WebSocketLike> {
    signal.throwIfAborted();
    const newest = [...(this.#parked.get(clientId) ?? [])].at(-1);
    if (newest) {
      remove(this.#parked, clientId, newest);
      return newest;
    }
    if ((this.#waiting.get(clientId)?.size ?? 0) >= PARKED_WAITING_MAX) {
      throw new LiveDistError(
        "Limit",
        `PARKED_WAITING_MAX, ${PARKED_WAITING_MAX}, requests to ${clientId} wait already`,
      );
    }
    return this.#wait(clientId, signal);
  }

  async #wait(clientId: string, signal: AbortSignal): Promise<WebSocketLike> {
    const waiting = new Deferred<WebSocketLike>();
    add(this.#waiting, clientId, waiting);
    try {
      return await abortable(within(this.#clock, CONNECT_MS_MAX, waiting.promise), signal);
    } catch (error) {
      if (signal.aborted) throw error;
      throw new LiveDistError("Network", `${clientId} has parked no connection here`, { cause: error });
    } finally {
      remove(this.#waiting, clientId, waiting);
    }
  }
}

function add<T>(sets: Map<string, Set<T>>, key: string, item: T): void {
  const set = sets.get(key) ?? new Set();
  sets.set(key, set.add(item));
}

/** Tells whether it was there. */
function remove<T>(sets: Map<string, Set<T>>, key: string, item: T): boolean {
  const set = sets.get(key);
  const isRemoved = set?.delete(item) ?? false;
  if (set?.size === 0) sets.delete(key);
  return isRemoved;
}

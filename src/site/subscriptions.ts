import type { Logger } from "../base/logger.js";
import type { ICacheNotifier } from "../plugs/cache-notifier.js";
import { tellPlug } from "../plugs/tell-plug.js";
import type { LoadRequest } from "../wire/requests.js";

/** A load after which another slice may be in force. */
export type Subscribing = Exclude<LoadRequest, { service: "LoadEntities" }>;

/**
 * Tells an ICacheNotifier when the topics-slice of an edge has changed (guide §5.4). A registered client is one edge, whose slice
 * is remembered; of unregistered ones, many may share a ClientId.
 */
export class Subscriptions {
  readonly #notifier: ICacheNotifier;
  readonly #logger: Logger;
  /** By ClientId, of those that have a row: at most as many as there are BitNumbers. */
  readonly #slices = new Map<string, string>();

  constructor(notifier: ICacheNotifier, logger: Logger) {
    this.#notifier = notifier;
    this.#logger = logger;
  }

  /** Takes note of a load that the server has accepted. */
  loaded(request: Subscribing): void {
    const { clientId, tracking } = request;
    const isRegistered = tracking === "registration";
    const named = request.service === "PartialLoad" ? request.topicsSlice : undefined;
    const before = named ?? (isRegistered ? this.#slices.get(clientId) : undefined);
    const after = sliceAfter(request);
    if (isRegistered) this.#slices.set(clientId, after);
    if (before === after) return;
    tellPlug(this.#logger, () => this.#notifier.sliceChanged({ clientId, tracking, before, after }));
  }

  /** Forgets a client that is not served any more. */
  forget(clientId: string): void {
    this.#slices.delete(clientId);
  }
}

/** Gives the slice that is in force after a load. */
export function sliceAfter(request: LoadRequest): string {
  return request.service === "PartialLoad" ? request.newTopicsSlice : request.topicsSlice;
}

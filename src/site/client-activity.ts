import type { Clock } from "../base/clock.js";
import { CLIENTS_SEEN_MAX } from "../base/limits.js";
import type { FetchDeltasRequest, Tracking } from "../wire/requests.js";

/** Somebody who fetches deltas: a stream, or a poll while it waits. */
export interface FeedActivity {
  readonly clientId: string;
  readonly tracking: Tracking;
  readonly topicsSlice: string;
  readonly isStream: boolean;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  /** What the client has said that it has taken. */
  readonly sequence: number;
}

/** Where a client stood when it was last heard. */
export interface SeenClient extends Omit<FeedActivity, "sinceMs"> {
  readonly seenMs: number;
}

/** A feed, as who serves it tells of it. */
export interface TrackedFeed {
  acknowledged(sequence: number): void;
  /** May be called again. */
  end(): void;
}

/** Who fetches deltas now, and where each client stood when it was last heard: what an administrator is shown. */
export class ClientActivity {
  readonly #clock: Clock;
  readonly #feeds = new Set<FeedActivity>();
  readonly #seen = new Map<string, SeenClient>();
  readonly #proxies = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Those who fetch now, in the order in which they began. */
  get feeds(): ReadonlySet<FeedActivity> {
    return this.#feeds;
  }

  /** Gives where a client stood when it was last heard; of several edges with one ClientId, the last that was. */
  seen(clientId: string): SeenClient | undefined {
    return this.#seen.get(clientId);
  }

  /** Tells whether a client has asked for what only proxies ask for. */
  isProxy(clientId: string): boolean {
    return this.#proxies.has(clientId);
  }

  /** Takes note of a client that is a proxy: it mirrors the clients of this site. */
  noteProxy(clientId: string): void {
    if (this.#proxies.size < CLIENTS_SEEN_MAX) this.#proxies.add(clientId);
  }

  /** Takes note of a feed that has begun. */
  begin({ clientId, tracking, topicsSlice, position }: FetchDeltasRequest, isStream: boolean): TrackedFeed {
    const sinceMs = this.#clock.now();
    const feed = { clientId, tracking, topicsSlice, isStream, sinceMs, sequence: position.sequence };
    this.#feeds.add(feed);
    this.#note(feed);
    return {
      acknowledged: (sequence) => {
        feed.sequence = sequence;
      },
      end: () => {
        if (this.#feeds.delete(feed)) this.#note(feed);
      },
    };
  }

  #note({ sinceMs, ...feed }: FeedActivity): void {
    // A row of LiveDistClients may go and another come, again and again: the one that was not heard for longest is forgotten.
    this.#seen.delete(feed.clientId);
    this.#seen.set(feed.clientId, { ...feed, seenMs: Math.max(sinceMs, this.#clock.now()) });
    if (this.#seen.size <= CLIENTS_SEEN_MAX) return;
    const [oldest] = this.#seen.keys();
    this.#seen.delete(oldest!);
  }
}

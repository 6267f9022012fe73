import type { Clock } from "../base/clock.js";
import { LiveDistError, SequenceTooOldError } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import type { Cache } from "../cache-server/cache.js";
import type { SchemaRegistry } from "../delta/schema-registry.js";
import type { LogBounds, Store } from "../store/store.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import type { Position } from "../wire/requests.js";
import type { UnregisteredTracking } from "./decide.js";
import { DeltaFeed } from "./delta-feed.js";
import { LogFollower } from "./log-follower.js";
import { LogWindow } from "./log-window.js";
import { SubscriptionGroups } from "./subscription-groups.js";

export interface DeltaServerOptions {
  readonly store: Store;
  /** Holds the entities as of `bounds.lastSequence`; the delta server keeps it current from then on. */
  readonly cache: Cache;
  readonly schemas: SchemaRegistry;
  readonly bounds: LogBounds;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How often the log is read when nobody tells of commits. */
  readonly pollMs: number;
  /** What the window of the log may take in memory. */
  readonly windowBytesMax: number;
}

/** How often old rows and unused groups are looked for. */
const TIDY_MS = 10_000;

/** Follows the log and gives each client the deltas of its slice from its position on (guide §2.5). */
export class DeltaServer {
  readonly store: Store;
  readonly cache: Cache;
  readonly schemas: SchemaRegistry;
  readonly clock: Clock;
  readonly window: LogWindow;
  readonly groups: SubscriptionGroups;
  readonly #follower: LogFollower;
  readonly #logger: Logger;
  #epoch: string;
  #firstSequence: number;
  #isStopped = false;
  #cancelTidy: () => void = () => undefined;
  #stopListening: () => void = () => undefined;

  constructor(options: DeltaServerOptions) {
    const { store, cache, schemas, bounds, clock, logger, pollMs } = options;
    this.store = store;
    this.cache = cache;
    this.schemas = schemas;
    this.clock = clock;
    this.#logger = logger;
    this.#epoch = bounds.epoch;
    this.#firstSequence = bounds.firstSequence;
    this.window = new LogWindow(bounds.lastSequence, options.windowBytesMax);
    this.groups = new SubscriptionGroups(clock);
    this.#follower = new LogFollower({
      store,
      cache,
      window: this.window,
      groups: this.groups,
      schemas,
      clock,
      logger,
      pollMs,
    });
  }

  get epoch(): string {
    return this.#epoch;
  }

  /** The sequence up to which the log has been read, and at which the cache is. */
  get sequence(): number {
    return this.window.lastSequence;
  }

  start(): void {
    this.#stopListening = this.store.log.onNotify(() => this.#follower.wake());
    this.#follower.start();
    this.#tidyLater();
  }

  /** Stops reading the log and wakes everyone who waits. */
  stop(): void {
    this.#isStopped = true;
    this.#stopListening();
    this.#cancelTidy();
    this.#follower.stop();
    this.groups.wakeAll();
  }

  /** Reads the log soon: rows were committed. */
  wake(): void {
    this.#follower.wake();
  }

  /** Opens a feed of deltas from a position. Rejects with EpochChanged, FutureSequence, SequenceTooOld or Limit. */
  async openFeed(
    slice: TopicsSlice,
    tracking: UnregisteredTracking,
    position: Position,
    signal: AbortSignal,
  ): Promise<DeltaFeed> {
    await this.checkPosition(position);
    return new DeltaFeed(this, this.groups.join(slice, tracking, this.window), position.sequence, signal);
  }

  /** Rejects where a client cannot go on from a position: EpochChanged, FutureSequence, SequenceTooOld. */
  async checkPosition({ epoch, sequence }: Position): Promise<void> {
    // The position may be ahead of what was read here: of a row just committed, or an epoch just begun.
    if (epoch !== this.#epoch) await this.refreshBounds();
    else if (sequence > this.sequence) await this.#follower.catchUp();
    if (epoch !== this.#epoch)
      throw new LiveDistError("EpochChanged", `the log's epoch is ${this.#epoch}, the position's ${epoch}`);
    if (sequence > this.sequence) {
      const fields = { position: sequence, sequence: this.sequence };
      this.#logger.error(
        fields,
        "a client's position is from the future: if the database was restored, give it a new epoch",
      );
      throw new LiveDistError(
        "FutureSequence",
        `position ${sequence} is ahead of the log, which ends at ${this.sequence}`,
      );
    }
    this.checkAge(sequence);
  }

  /** Throws SequenceTooOld where the log no longer reaches back to a position. */
  checkAge(sequence: number): void {
    if (sequence < this.#firstSequence - 1) {
      throw new SequenceTooOldError(`the log begins at ${this.#firstSequence}; position ${sequence} is too old`);
    }
  }

  #tidyLater(): void {
    this.#cancelTidy = this.clock.after(TIDY_MS, () => {
      this.groups.tidy(this.window);
      this.refreshBounds()
        .catch((error: unknown) => {
          if (!this.#isStopped) this.#logger.error({ error }, "the bounds of the log could not be read");
        })
        .finally(() => {
          if (!this.#isStopped) this.#tidyLater();
        });
    });
  }

  /** Takes note of trimming, and of a new epoch that was begun meanwhile. */
  async refreshBounds(): Promise<void> {
    const { epoch, firstSequence } = await this.store.log.bounds();
    this.#firstSequence = firstSequence;
    if (epoch === this.#epoch) return;
    this.#logger.warn({ epoch }, "the log has a new epoch: clients load again");
    this.#epoch = epoch;
    this.groups.wakeAll();
  }
}

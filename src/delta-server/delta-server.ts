import { type Clock, sleep } from "../base/clock.js";
import { LiveDistError, NotRegisteredError, SequenceTooOldError } from "../base/errors.js";
import type { Logger } from "../base/logger.js";
import type { Cache } from "../cache-server/cache.js";
import type { SchemaRegistry } from "../delta/schema-registry.js";
import { RegistrationTable } from "../registration/registration-table.js";
import type { Reporter } from "../plugs/reporter.js";
import type { LogBounds } from "../store/store.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import type { Position } from "../wire/requests.js";
import type { CommandRunner } from "./commands.js";
import type { UnregisteredTracking } from "./decide.js";
import { DeltaFeed } from "./delta-feed.js";
import type { DeltaLog } from "./delta-log.js";
import { CommandExecutor } from "./command-executor.js";
import { FeedBatches } from "./feed-batch.js";
import { GroupSource } from "./group-source.js";
import { LateBodies } from "./late-bodies.js";
import { LogFollower } from "./log-follower.js";
import { LogWindow } from "./log-window.js";
import { RegisteredClients } from "./registered-clients.js";
import { RegisteredSource } from "./registered-source.js";
import type { Registration } from "./registration.js";
import { Sessions } from "./sessions.js";
import { SubscriptionGroups } from "./subscription-groups.js";
import { Wakes } from "./wakes.js";

export interface DeltaServerOptions {
  readonly log: DeltaLog;
  /** Makes what has the commands of registered clients executed. */
  readonly commands: (executor: CommandExecutor) => CommandRunner;
  /** Gives the name of a registered client's load, which no other has. Default: the sequence-number of its command. */
  readonly newStamp?: (sequence: number) => string;
  /** Holds the entities as of `bounds.lastSequence`; the delta server keeps it current from then on. */
  readonly cache: Cache;
  readonly schemas: SchemaRegistry;
  readonly bounds: LogBounds;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Hears where the log cannot be read. */
  readonly reporter?: Reporter;
  /** How often the log is read when nobody tells of commits. */
  readonly pollMs: number;
  /** Called where the log was trimmed beyond what was read; absent where it may have holes. */
  readonly onGap?: () => void;
  /** What the window of the log may take in memory. */
  readonly windowBytesMax: number;
}

/** What a registered client says of itself in every call. */
export interface RegisteredCaller {
  readonly clientId: string;
  readonly session: number;
  /** The epoch that the session was begun in, where the client says it. */
  readonly sessionEpoch?: string | undefined;
  readonly slice: TopicsSlice;
}

/** Milliseconds that a client waits where this server has not read what another one has given it. */
const BEHIND_MS_MAX = 2_000;
/** How often old rows and unused groups are looked for. */
const TIDY_MS = 10_000;

/** Follows the log and gives each client the deltas of its slice from its position on (guide §2.5). */
export class DeltaServer {
  readonly log: DeltaLog;
  readonly cache: Cache;
  readonly schemas: SchemaRegistry;
  readonly clock: Clock;
  readonly window: LogWindow;
  readonly groups: SubscriptionGroups;
  readonly registered: RegisteredClients;
  /** Reads what streams give of entities of which the cache holds only the headers. */
  readonly lateBodies: LateBodies;
  readonly commands: CommandRunner;
  readonly batches: FeedBatches;
  readonly #sessions = new Sessions();
  readonly #follower: LogFollower;
  readonly #logger: Logger;
  /** Whether commands stand in the log: their sequence-numbers are what sessions and loads are named by. */
  readonly #isLogged: boolean;
  #epoch: string;
  #firstSequence: number;
  #isStopped = false;
  #cancelTidy: () => void = () => undefined;
  #stopListening: () => void = () => undefined;

  constructor(options: DeltaServerOptions) {
    const { log, cache, schemas, bounds, clock, logger, pollMs } = options;
    this.log = log;
    this.cache = cache;
    this.schemas = schemas;
    this.clock = clock;
    this.#logger = logger;
    this.#isLogged = options.newStamp === undefined;
    this.#epoch = bounds.epoch;
    this.#firstSequence = bounds.firstSequence;
    this.window = new LogWindow(bounds.lastSequence, options.windowBytesMax);
    this.lateBodies = new LateBodies(cache.bodies, this.window);
    this.batches = new FeedBatches(this.window);
    const wakes = new Wakes(clock);
    this.groups = new SubscriptionGroups(clock, wakes);
    const table = new RegistrationTable(cache.techIds);
    this.registered = new RegisteredClients(table, this.window, wakes);
    const { registered, lateBodies } = this;
    const epoch = (): string => this.#epoch;
    const executor = new CommandExecutor({
      cache,
      registered,
      lateBodies,
      sessions: this.#sessions,
      wakes,
      epoch,
      newStamp: options.newStamp ?? String,
      isLogged: this.#isLogged,
    });
    this.commands = options.commands(executor);
    this.#follower = new LogFollower({
      log,
      cache,
      window: this.window,
      groups: this.groups,
      registered,
      commands: this.commands,
      wakes,
      schemas,
      clock,
      logger,
      reporter: options.reporter,
      pollMs,
      onGap: options.onGap,
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
    this.#stopListening = this.log.onNotify(() => this.#follower.wake());
    this.#follower.start();
    this.#tidyLater();
  }

  /** Stops reading the log and wakes everyone who waits. */
  stop(): void {
    this.#isStopped = true;
    this.#stopListening();
    this.#cancelTidy();
    this.#follower.stop();
    this.commands.stop();
    this.groups.wakeAll();
    this.registered.endAll(new LiveDistError("Closed", "the server is closing"));
  }

  /** Waits until all rows that the log holds now have entered. */
  async catchUp(): Promise<void> {
    await this.#follower.catchUp();
  }

  /** Reads the log soon: rows were committed. */
  wake(): void {
    this.#follower.wake();
  }

  /** Opens an unregistered client's feed from a position. Rejects with EpochChanged, FutureSequence, SequenceTooOld or Limit. */
  async openFeed(
    slice: TopicsSlice,
    tracking: UnregisteredTracking,
    position: Position,
    signal: AbortSignal,
  ): Promise<DeltaFeed> {
    await this.checkPosition(position);
    this.groups.checkDecidedAfter(position.sequence);
    const source = new GroupSource(this, this.groups.join(slice, tracking, this.window));
    return new DeltaFeed(this, source, position.sequence, signal);
  }

  /** Opens a registered client's feed. Rejects as `openFeed` does, and as `requireRegistration`. */
  async openRegisteredFeed(caller: RegisteredCaller, position: Position, signal: AbortSignal): Promise<DeltaFeed> {
    const registration = await this.requireRegistration(caller, position);
    const source = new RegisteredSource(registration, this.#sessions, caller.session);
    return new DeltaFeed(this, source, position.sequence, signal);
  }

  /**
   * Gives what is in force for a registered client that stands at a position. Rejects with NotRegistered where its session, its
   * slice or its load is not the one in force, and as `checkPosition` does.
   */
  async requireRegistration(caller: RegisteredCaller, position: Position): Promise<Registration> {
    const { clientId, session, sessionEpoch = this.#epoch, slice } = caller;
    await this.checkPosition(position);
    // Numbers of sessions are sequence-numbers: this log cannot have given one that is ahead of it.
    if (this.#isLogged) await this.#readUpTo(Math.max(session, loadOf(position)));
    if (sessionEpoch !== this.#epoch || (this.#isLogged && session > this.sequence))
      throw new LiveDistError("EpochChanged", `the session ${session} is of another log`);
    this.#sessions.check(clientId, session);
    // Who is refused fences nobody.
    this.registered.requireSlice(clientId, slice, position).checkReachesBackTo(position.sequence);
    await this.#useSession(clientId, session);
    const registration = this.registered.requireSlice(clientId, slice, position);
    registration.checkReachesBackTo(position.sequence);
    // A feed of an older session, if one waits, finds itself fenced.
    registration.recheck();
    return registration;
  }

  /** Lets a session fence those before it: at all servers of the site, since a row of the log says so. */
  async #useSession(clientId: string, session: number): Promise<void> {
    if (this.#isLogged && !this.#sessions.isInForce(clientId, session)) {
      const never = new AbortController().signal;
      // It stands for no entities, and so for no bit.
      await this.commands.submit({ service: "UseSession", clientId, session }, { bitNumber: 0, signal: never });
    }
    this.#sessions.use(clientId, session);
  }

  /**
   * Waits a little until the log was read up to a sequence-number, or to its end. Rejects with Closed where this server is behind:
   * another one serves the client.
   */
  async #readUpTo(sequence: number): Promise<void> {
    if (sequence <= this.sequence) return;
    const timeout = new AbortController();
    const isCurrent = await Promise.race([
      this.#follower.catchUp(),
      sleep(this.clock, BEHIND_MS_MAX, timeout.signal).then(() => false),
    ]);
    timeout.abort();
    if (isCurrent || sequence <= this.sequence) return;
    throw new LiveDistError("Closed", `this server has read the log up to ${this.sequence} only: ask another`);
  }

  /** Has all who wait for something look whether there is. */
  wakeReaders(): void {
    this.groups.wakeAll();
    this.registered.wakeAll();
  }

  /** Ends the registration of a client that is no longer served: here at once, and by a row of the log at all servers of the site. */
  endRegistration({ clientId, bitNumber }: { readonly clientId: string; readonly bitNumber: number }): void {
    this.endHere(clientId);
    if (!this.#isLogged) return;
    const caller = { bitNumber, signal: new AbortController().signal };
    this.commands.submit({ service: "EndRegistration", clientId }, caller).catch((error: unknown) => {
      // Whoever sees the client's row does the same; and who is registered somewhere is so by a command that all have executed.
      if (!this.#isStopped)
        this.#logger.error({ err: error, clientId }, "the end of a registration could not be logged");
    });
  }

  /** Ends the registration of a client at this server alone. */
  endHere(clientId: string): void {
    this.registered.end(clientId, new NotRegisteredError(`the client ${clientId} is no longer served`));
    if (!this.#isLogged) this.#sessions.forget(clientId);
  }

  /** Rejects where a client cannot go on from a position: EpochChanged, FutureSequence, SequenceTooOld. */
  async checkPosition({ epoch, sequence }: Position): Promise<void> {
    // The epoch may have begun since it was last looked at.
    if (epoch !== this.#epoch) await this.refreshBounds();
    if (epoch !== this.#epoch)
      throw new LiveDistError("EpochChanged", `the log's epoch is ${this.#epoch}, the position's ${epoch}`);
    await this.checkNotAhead({ epoch, sequence });
    this.checkAge(sequence);
  }

  /** Rejects with FutureSequence where a position of this epoch is ahead of the log. */
  async checkNotAhead({ sequence }: Position): Promise<void> {
    // Of a row just committed, it is ahead only of what was read here.
    await this.#readUpTo(sequence);
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
  }

  /** Throws Closed once it has stopped: of what it gave there is no more. A proxy that begins anew goes on with another. */
  checkRuns(): void {
    if (this.#isStopped) throw new LiveDistError("Closed", "what this server gave has ended: ask again");
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
      this.registered.trim();
      this.refreshBounds()
        .catch((error: unknown) => {
          if (!this.#isStopped) this.#logger.error({ err: error }, "the bounds of the log could not be read");
        })
        .finally(() => {
          if (!this.#isStopped) this.#tidyLater();
        });
    });
  }

  /** Takes note of trimming, and of a new epoch that was begun meanwhile. */
  async refreshBounds(): Promise<void> {
    const { epoch, firstSequence } = await this.log.bounds();
    this.#firstSequence = firstSequence;
    if (epoch === this.#epoch) return;
    this.#logger.warn({ epoch }, "the log has a new epoch: clients load again");
    this.#epoch = epoch;
    this.groups.wakeAll();
    this.registered.endAll(new LiveDistError("EpochChanged", `the log has the new epoch ${epoch}`));
    this.#sessions.clear();
  }
}

/** Gives the sequence-number of the load that a client of a log stands on, or 0 where its stamp says none. */
function loadOf({ stamp }: Position): number {
  const sequence = Number(stamp ?? 0);
  return Number.isSafeInteger(sequence) ? sequence : 0;
}

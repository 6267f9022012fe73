import type { Logger } from "../base/logger.js";
import type { SnapshotInfo } from "./cache-notifier.js";

/** A part of a server that has a status of its own. */
export type SubSystem = "delta server" | "cache server";

/** starting: the entities are being read. up: it serves. closing: what runs is being ended. */
export type SubSystemStatus = "starting" | "up" | "closing" | "closed";

/** Exceptional conditions, which last until they are exited. */
export type ConditionName =
  /** The log cannot be read: clients are given nothing new; it is tried again. */
  | "LogUnreadable"
  /** LiveDistClients cannot be read; the rows last read stay in force. */
  | "ClientsUnreadable"
  /** A client's position is ahead of the log: was the database restored without a new epoch? Lasts until the client is served. */
  | "PositionFromTheFuture";

/** What happens without changing any status. */
export type EventName =
  /** A client that was served was disabled, or its row removed. */
  | "ClientGone"
  /** The permit has refused a request. */
  | "PermissionRefused"
  /** `shouldAbortSnapshot` has ended a load. */
  | "SnapshotAborted";

/** Statistical counters; those called running go up and down. */
export type CounterName =
  "requests" | "failures" | "runningStreams" | "snapshots" | "runningSnapshots" | "snapshotBytes";

/** Plain data that says more of a condition or an event: `clientId`, `error`. */
export type Details = Readonly<Record<string, unknown>>;

/** A snapshot, and how far it is. */
export interface SnapshotProgress {
  readonly snapshot: SnapshotInfo;
  /** Bytes that were given so far. */
  readonly bytes: number;
  /** Milliseconds since it began. */
  readonly runningMs: number;
}

/**
 * Connects a server with the program around it (guide §5.5, IControlAndParams): takes values of the configuration from it,
 * tells it how the server fares. Extend `ControlAndParams`, the reference implementation, to replace a method or two. Methods
 * must be quick: the server waits for each. What one throws is logged, and the server goes on; but for `param`, which then
 * refuses the start.
 */
export interface IControlAndParams {
  /**
   * Gives the value of a key of the configuration, as "LiveDistPort", or undefined where web.config is to say it. Asked for
   * every key when a server starts; the environment wins over it, it wins over web.config.
   */
  param(key: string): string | number | boolean | undefined;
  /** Hears of every change; each sub-system goes through all states in order, but a start that fails ends with closed. */
  statusChanged(subSystem: SubSystem, status: SubSystemStatus): void;
  /** Hears that a condition has begun; the same condition with the same `clientId` does not begin twice before it is exited. */
  conditionEntered(condition: ConditionName, details: Details): void;
  conditionExited(condition: ConditionName, details: Details): void;
  event(event: EventName, details: Details): void;
  /** Takes the value of a counter, whenever it has changed. Counted from the server's start. */
  counter(counter: CounterName, value: number): void;
  /** Tells whether a load is to be ended, with the code Closed. Asked between any two of its pieces. */
  shouldAbortSnapshot(progress: SnapshotProgress): boolean;
}

/* eslint-disable @typescript-eslint/no-unused-vars -- who extends the class overrides methods that have these parameters */
/** Leaves the configuration as it is, tells a logger what happens, and aborts no snapshot. */
export class ControlAndParams implements IControlAndParams {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  param(_key: string): string | number | boolean | undefined {
    return undefined;
  }

  statusChanged(subSystem: SubSystem, status: SubSystemStatus): void {
    this.#logger.debug({ subSystem, status }, "a sub-system has another status");
  }

  conditionEntered(condition: ConditionName, details: Details): void {
    this.#logger.warn({ condition, ...forLog(details) }, "an exceptional condition has begun");
  }

  conditionExited(condition: ConditionName, details: Details): void {
    this.#logger.info({ condition, ...forLog(details) }, "an exceptional condition has ended");
  }

  event(event: EventName, details: Details): void {
    this.#logger.info({ event, ...forLog(details) }, "a special event");
  }

  /** Ignores it: a counter changes too often for a log. */
  counter(_counter: CounterName, _value: number): void {}

  shouldAbortSnapshot(_progress: SnapshotProgress): boolean {
    return false;
  }
}

/** Gives details as loggers expect them: pino shows what stands in an error only where it is named `err`. */
function forLog({ error, ...others }: Details): Record<string, unknown> {
  return error === undefined ? others : { ...others, err: error };
}

import { LiveDistError } from "../base/errors.js";
import type { Head } from "../wire/frames.js";
import type { Position } from "../wire/requests.js";
import type { DeltaBatch } from "./delta-batch.js";
import { passes } from "./passes.js";
import type { Session } from "./session.js";
import { Skips } from "./skips.js";

/** What an Edge subscribed to, and up to where it gave out everything. */
export interface Subscription {
  readonly topicsSlice: string;
  readonly position: Position;
}

/** A batch as it arrived. */
export interface ReceivedBatch extends DeltaBatch {
  readonly connectedToCenter: boolean;
}

/** The answer of a registerEntities, which the next fetch gives out. */
export interface RegisteredBatch extends ReceivedBatch {
  readonly position: Position;
}

/** Where an Edge stands. */
export class Standing {
  readonly session: Session;
  readonly skips = new Skips();
  #subscription: Subscription | undefined;
  #registered: RegisteredBatch | undefined;
  connectedToCenter = false;

  constructor(session: Session) {
    this.session = session;
  }

  get subscription(): Subscription | undefined {
    return this.#subscription;
  }

  /** Gives the subscription. Throws Request before a load. */
  get subscribed(): Subscription {
    if (!this.#subscription)
      throw new LiveDistError("Request", "there is no position yet: call fullLoad, syncLoad or skipLoad first");
    return this.#subscription;
  }

  subscribe(topicsSlice: string, position: Position): void {
    this.#subscription = { topicsSlice, position: Object.freeze({ ...position }) };
    this.#registered = undefined;
  }

  /** Moves the position to the end of a batch that is given out. */
  accept({ topicsSlice, position }: Subscription, { sequence, connectedToCenter }: ReceivedBatch): void {
    this.subscribe(topicsSlice, { ...position, sequence });
    this.connectedToCenter = connectedToCenter;
  }

  /** Keeps the answer of a registerEntities. */
  keepRegistered(batch: RegisteredBatch): void {
    this.#registered = batch;
  }

  /** Gives out the answer of a registerEntities, which moves the position. Undefined where there is none. */
  takeRegistered(): RegisteredBatch | undefined {
    const registered = this.#registered;
    if (!registered) return undefined;
    this.subscribe(this.subscribed.topicsSlice, registered.position);
    this.skips.clear();
    this.connectedToCenter = registered.connectedToCenter;
    return registered;
  }

  /** Gives an error back, having noted what it says of connection and session; an operation that was aborted says nothing. */
  noticed(error: unknown, signal: AbortSignal): unknown {
    this.session.noticed(error);
    if (passes(error) && !signal.aborted) this.connectedToCenter = false;
    return error;
  }
}

/** Gives the position that a load leads to. */
export function positionAt({ epoch, sequence, stamp }: Head): Position {
  return { epoch, sequence, ...(stamp !== undefined && { stamp }) };
}

/** Checks that an answer is of the position's epoch. Throws EpochChanged. */
export function checkEpoch({ epoch }: Head, position: Position): void {
  if (epoch !== position.epoch) {
    throw new LiveDistError("EpochChanged", `the server's epoch is ${epoch}, the position's ${position.epoch}`);
  }
}

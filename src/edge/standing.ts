import type { DeltaBatch } from "./delta-batch.js";
import { passes } from "./passes.js";
import type { Position } from "../wire/requests.js";

/** What an Edge subscribed to, and up to where it gave out everything. */
export interface Subscription {
  readonly topicsSlice: string;
  readonly position: Position;
}

/** A batch as it arrived. */
export interface ReceivedBatch extends DeltaBatch {
  readonly connectedToCenter: boolean;
}

/** Where an Edge stands. */
export class Standing {
  #subscription: Subscription | undefined;
  connectedToCenter = false;

  get subscription(): Subscription | undefined {
    return this.#subscription;
  }

  subscribe(topicsSlice: string, { epoch, sequence }: Position): void {
    this.#subscription = { topicsSlice, position: Object.freeze({ epoch, sequence }) };
  }

  /** Moves the position to the end of a batch that is given out. */
  accept(subscription: Subscription, { sequence, connectedToCenter }: ReceivedBatch): void {
    this.subscribe(subscription.topicsSlice, { epoch: subscription.position.epoch, sequence });
    this.connectedToCenter = connectedToCenter;
  }

  /** Gives an error back, having noted what it says of the connection; an operation that was aborted says nothing. */
  noticed(error: unknown, signal: AbortSignal): unknown {
    if (passes(error) && !signal.aborted) this.connectedToCenter = false;
    return error;
  }
}

import { AsyncLocalStorage } from "node:async_hooks";
import { LiveDistError } from "../base/errors.js";
import { STORE_WAITING_MAX } from "../base/limits.js";

interface Waiter {
  readonly start: () => void;
  readonly refuse: (error: LiveDistError) => void;
  next: Waiter | undefined;
}

/** A work that has its turn. */
interface Holder {
  readonly turns: Turns;
  running: boolean;
}

/**
 * Follows the calls of works, also across their awaits, so that a work that waits for its own end can be told so. One for all:
 * the platform looks at each whenever a promise is made, and keeps it for as long as the process runs.
 */
const holders = new AsyncLocalStorage<readonly Holder[]>();

/** Works that have a turn, of all turns. While there are none, following is off: up to Node 22 it slows every promise of the process. */
let held = 0;

/** Lets a number of asynchronous works run at once; further ones wait and start in the order in which they came. */
export class Turns {
  #free: number;
  #first: Waiter | undefined;
  #last: Waiter | undefined;
  #waiting = 0;
  #closed: LiveDistError | undefined;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Tells whether the caller is, directly or further down, a work that is having its turn. */
  get isInside(): boolean {
    return holders.getStore()?.some(({ turns, running }) => turns === this && running) ?? false;
  }

  /** Runs `work` when its turn has come. Rejects with Limit where too many wait, and with what `close` was given. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#take();
    const holder: Holder = { turns: this, running: true };
    held++;
    try {
      return await holders.run([holder, ...this.#others()], work);
    } finally {
      holder.running = false;
      if (--held === 0) holders.disable();
      this.#give();
    }
  }

  /** Calls back as if from outside: what `callback` sets going does not belong to the work that calls this. */
  outside(callback: () => void): void {
    if (held === 0) callback();
    else holders.run(this.#others(), callback);
  }

  /** Refuses those who wait and who come later; works that have begun go on. */
  close(error: LiveDistError): void {
    this.#closed = error;
    for (let waiter = this.#first; waiter; waiter = waiter.next) waiter.refuse(error);
    this.#first = this.#last = undefined;
    this.#waiting = 0;
  }

  /** Gives the works of other turns that the caller is in. */
  #others(): readonly Holder[] {
    return holders.getStore()?.filter(({ turns, running }) => turns !== this && running) ?? [];
  }

  #take(): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closed);
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve();
    }
    if (this.#waiting >= STORE_WAITING_MAX) {
      const message = `${STORE_WAITING_MAX} callers wait for the store already (STORE_WAITING_MAX)`;
      return Promise.reject(new LiveDistError("Limit", message));
    }
    return new Promise((resolve, reject) => this.#enqueue({ start: resolve, refuse: reject, next: undefined }));
  }

  #enqueue(waiter: Waiter): void {
    if (this.#last) this.#last.next = waiter;
    else this.#first = waiter;
    this.#last = waiter;
    this.#waiting++;
  }

  #give(): void {
    const waiter = this.#first;
    if (!waiter) {
      this.#free++;
      return;
    }
    this.#first = waiter.next;
    if (!this.#first) this.#last = undefined;
    this.#waiting--;
    waiter.start();
  }
}

import type { Burst } from "./burst-changes.js";

/** One of those that take changes from a database to subscribers. */
export interface BurstSide {
  readonly name: string;
  /** Makes the next changes of this side's rows. */
  burst(count: number): Burst;
  /** Connects so many subscribers, and waits until they hold what they want. */
  subscribe(count: number): Promise<void>;
  unsubscribe(): Promise<void>;
  /** Keeps the server from reading what is committed from now on. */
  hold(): Promise<void>;
  /** Commits the changes; where they are not `durable`, without waiting for the disk. */
  write(burst: Burst, durable: boolean): Promise<void>;
  /** Lets the server read. */
  release(): Promise<void>;
  /** Waits until all subscribers hold the last change; gives the time (sharedNowMs). */
  arrived(burst: Burst): Promise<number>;
  /** CPU time of the server's processes so far, the database's included. */
  cpuSeconds(): Promise<number>;
  subscriberCpuSeconds(): Promise<number>;
}

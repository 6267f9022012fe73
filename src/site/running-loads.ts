import type { SnapshotInfo } from "../plugs/cache-notifier.js";

/** A load that is being sent. */
export interface RunningLoad {
  readonly snapshot: SnapshotInfo;
  /** Milliseconds since 1970. */
  readonly begunMs: number;
  /** What was sent so far. */
  readonly bytes: number;
  /** Of those that are to come. */
  readonly entitiesSent: number;
}

/** The loads that are being sent now, at most LOADS_MAX: what an administrator is shown. */
export class RunningLoads {
  readonly #loads = new Set<RunningLoad>();

  /** In the order in which they began. */
  get all(): readonly RunningLoad[] {
    return [...this.#loads];
  }

  /** Adds a load, which is looked at again and again; gives a function that takes it out. */
  add(load: RunningLoad): () => void {
    this.#loads.add(load);
    return () => void this.#loads.delete(load);
  }
}

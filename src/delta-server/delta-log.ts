import type { LogRow, StoreLog } from "../store/store.js";

/** A row of the log as a delta server reads it. */
export interface DeltaLogRow extends LogRow {
  /** Delta-buffers of the same row behind the first: a proxy may be given one transaction in several. */
  readonly more?: readonly Uint8Array[];
  /** Whether the row only says that the log has gone on: what others than this proxy were given. */
  readonly isPassed?: true;
}

/** The numbered log as a delta server reads it: that of the site's database, or what a proxy receives of its mother's. */
export interface DeltaLog extends Pick<StoreLog, "bounds" | "onNotify"> {
  /** As `StoreLog.read`; `isExact` says that every row committed before has to be given, and not only those that are known of. */
  read(afterSequence: number, limits: Parameters<StoreLog["read"]>[1], isExact?: boolean): Promise<DeltaLogRow[]>;
}

import type { Clock } from "../base/clock.js";
import type { Logger } from "../base/logger.js";
import type { Random } from "../base/random.js";

/** What `openStore` takes beside the connection string; every part has a default. */
export interface StoreOptions {
  /** Stands in front of every table name (guide §7.2, LiveDistTablesPrefix). Default: empty. */
  readonly tablesPrefix?: string | undefined;
  /** The time that rows of the log are stamped with and that waits are measured by. Default: the machine's. */
  readonly clock?: Clock | undefined;
  /** Makes the names of epochs. */
  readonly random?: Random | undefined;
  /** Hears of listeners that throw. Default: nobody does. */
  readonly logger?: Logger | undefined;
  /**
   * SQLite files only. "full" (the default): a commit is on the disk when `transaction` resolves. "normal" commits faster,
   * and a power failure or a crash of the operating system may take back the last commits, though never a part of one; a
   * crash of the process alone takes back nothing.
   */
  readonly synchronous?: "full" | "normal" | undefined;
  /** Milliseconds to wait for a lock that another connection to the database holds. Default: 10,000. */
  readonly busyMsMax?: number | undefined;
}

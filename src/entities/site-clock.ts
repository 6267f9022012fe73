import { createHash } from "node:crypto";
import type { SqlSession, Store } from "../store/store.js";
import type { HybridClock } from "./hybrid-clock.js";
import type { SiteVersionTable } from "./sql/site-version-table.js";

const INCARNATION_HEX_DIGITS = 8;

/**
 * Keeps a site's hybrid clock going through restarts and in other processes, and gives versions another site name after the
 * database was restored: what the site gave after the backup was made is forgotten here, but not at others.
 */
export class SiteClock {
  readonly #store: Store;
  readonly #table: SiteVersionTable;
  readonly #siteId: string;
  readonly #clock: HybridClock;
  #epoch: Promise<string> | undefined;

  constructor(store: Store, table: SiteVersionTable, siteId: string, clock: HybridClock) {
    this.#store = store;
    this.#table = table;
    this.#siteId = siteId;
    this.#clock = clock;
    // Begun here, outside of all transactions: within one a store may not be asked.
    this.#readEpoch().catch(() => undefined);
  }

  /** Has to be called in each transaction before a version is given. */
  async resume(session: SqlSession): Promise<void> {
    const epoch = await this.#readEpoch();
    const note = await this.#table.read(session, this.#siteId);
    if (note === undefined) return;
    this.#clock.see({ ...note.last, site: this.#siteId });
    if (note.epoch === epoch) this.#clock.incarnation = note.incarnation;
    else if (note.epoch !== undefined && epoch !== undefined) this.#clock.incarnation = incarnationOf(epoch);
  }

  /** Notes what the clock gave, in the transaction in which it was given. */
  async note(session: SqlSession): Promise<void> {
    const { last, incarnation } = this.#clock;
    await this.#table.write(session, this.#siteId, { last, incarnation, epoch: await this.#readEpoch() });
  }

  /** Gives undefined for a site that is in no tree: nobody else has its versions. */
  async #readEpoch(): Promise<string | undefined> {
    if (this.#siteId === "") return undefined;
    this.#epoch ??= this.#store.log.bounds().then(({ epoch }) => epoch);
    try {
      return await this.#epoch;
    } catch (error) {
      this.#epoch = undefined;
      throw error;
    }
  }
}

/** Short, since it stands in every version, and another one for every epoch: one backup may be restored twice. */
function incarnationOf(epoch: string): string {
  return createHash("sha256").update(epoch).digest("hex").slice(0, INCARNATION_HEX_DIGITS);
}

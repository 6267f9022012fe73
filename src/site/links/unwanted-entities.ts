import type { Clock } from "../../base/clock.js";
import { LINK_TECH_IDS_MAX } from "../../base/limits.js";
import { Deferred } from "../../edge/deferred.js";
import type { Dropped, Drops } from "./drops.js";
import type { KeptNotes } from "./kept-notes.js";
import { type FatherNotes, omit, union } from "./link-notes.js";
import { given } from "./note-missed.js";
import { type Wants, wantsOf } from "./wants.js";

/** How often a drop that has to wait is looked at again. */
const DROP_RETRY_MS = 5_000;

interface Purge extends Deferred<number> {
  count: number;
}

/**
 * Drops what a site with a father does not want any more, after a change of its slice or for a purge, and notes in the same
 * transaction what the father is to unregister.
 */
export class UnwantedEntities {
  readonly #drops: Drops;
  readonly #notes: KeptNotes<FatherNotes>;
  readonly #clock: Clock;
  readonly #interrupt: () => void;
  #purges: Purge[] = [];
  #isDue = true;
  #cancelRetry: () => void = () => undefined;

  /** `interrupt` is called when there is something to be done. */
  constructor(drops: Drops, notes: KeptNotes<FatherNotes>, clock: Clock, interrupt: () => void) {
    this.#drops = drops;
    this.#notes = notes;
    this.#clock = clock;
    this.#interrupt = interrupt;
  }

  get isDue(): boolean {
    return this.#isDue && (this.#purges.length > 0 || this.#notes.current.minus !== undefined);
  }

  /** Has it looked soon at what can be dropped. */
  expect(): void {
    this.#cancelRetry();
    this.#isDue = true;
  }

  /** Drops what has no app topics, as far as that can be decided when its turn comes; gives how many that were. */
  purge(): Promise<number> {
    const purge = Object.assign(new Deferred<number>(), { count: 0 });
    this.#purges.push(purge);
    this.expect();
    this.#interrupt();
    return purge.promise;
  }

  /** Does what is due first. */
  async drop(signal: AbortSignal): Promise<void> {
    if (this.#purges.length > 0) await this.doPurges(signal);
    else await this.#dropMinus(signal);
  }

  /** Does the purges that are asked for; needs no connection. */
  async doPurges(signal: AbortSignal): Promise<void> {
    const purges = this.#purges;
    if (purges.length === 0 || !this.#isDue) return;
    const { count, end } = await this.#drop((topics) => topics.length === 0, signal);
    for (const purge of purges) purge.count += count;
    if (end === "full") {
      this.#goOn(count);
      return;
    }
    this.#purges = this.#purges.filter((purge) => !purges.includes(purge));
    for (const purge of purges) purge.resolve(purge.count);
  }

  /** Gives up, and rejects what waits. */
  end(error: unknown): void {
    this.#cancelRetry();
    for (const purge of this.#purges.splice(0)) purge.reject(error);
  }

  /** Drops what slices before select and the one in force does not (guide §2.3). */
  async #dropMinus(signal: AbortSignal): Promise<void> {
    const { minus = [], topicsSlice } = this.#notes.current;
    const before = minus.map(wantsOf);
    const now = wantsOf(topicsSlice);
    const { count, end } = await this.#drop((topics) => before.some((was) => was(topics)) && !now(topics), signal);
    if (end === "complete") await this.#notes.note((notes) => omit(notes, "minus"));
    else if (end === "full") this.#goOn(count);
    else this.#dropLater();
  }

  /** Goes on, where nothing more can be noted, once the father has been told; or later, where there is nothing to tell. */
  #goOn(count: number): void {
    if (count === 0) this.#dropLater();
  }

  #drop(isUnwanted: Wants, signal: AbortSignal): Promise<Dropped> {
    const { toUnregister = [], unregistered = [] } = this.#notes.current;
    const noted = toUnregister.length + unregistered.reduce((sum, { techIds }) => sum + techIds.length, 0);
    return this.#drops.drop(isUnwanted, LINK_TECH_IDS_MAX - noted, (drop) =>
      this.#notes.change(async (transaction, notes) => {
        const techIds = await drop(transaction);
        signal.throwIfAborted();
        return { ...notes, ...given({ toUnregister: union(notes.toUnregister, techIds) }) };
      }),
    );
  }

  #dropLater(): void {
    this.#cancelRetry();
    this.#isDue = false;
    this.#cancelRetry = this.#clock.after(DROP_RETRY_MS, () => {
      if (!this.#drops.isWorthTrying) {
        this.#dropLater();
        return;
      }
      this.#isDue = true;
      this.#interrupt();
    });
  }
}

import { NO_SLOT } from "../../base/guid-table.js";
import { GUID_BYTES, guidToBytes } from "../../base/guid.js";
import { codeOf } from "../../base/errors.js";
import { DROP_ENTITIES_MAX } from "../../base/limits.js";
import type { ClientWatch } from "../../delta-server/client-watch.js";
import type { DeltaServer } from "../../delta-server/delta-server.js";
import type { Entities } from "../../entities/entities.js";
import type { Store, Transaction } from "../../store/store.js";
import { inPieces } from "./link-inbox.js";

/** How often a drop is tried that other transactions keep getting ahead of. */
const TRIES_MAX = 5;

export interface DropsParts {
  readonly store: Store;
  readonly entities: Entities;
  readonly delta: Pick<DeltaServer, "cache" | "registered" | "sequence" | "epoch" | "checkNotAhead">;
  readonly clients: Pick<ClientWatch, "refusal">;
  /** The ids of the sons of the configuration. */
  readonly sons: readonly string[];
  /** Gives the sequence-number of the own log up to which the father has everything. Absent where there is no father. */
  readonly acknowledged?: () => number;
}

/** What came of looking for what can be dropped. */
export interface Dropped {
  readonly count: number;
  /** Why it ended: all was looked at; some have to wait; there was no more room. */
  readonly end: "complete" | "waits" | "full";
}

/** Runs a transaction, in which `drop` drops some entities and gives their tech-ids. */
export type InTransaction = (drop: (transaction: Transaction) => Promise<readonly string[]>) => Promise<void>;

type Verdict = "drop" | "keep" | "wait";

/**
 * Drops entities that a site does not want any more (guide §2.3, §2.6): those that no son has, and of which the father has
 * all that this site knows. What a son has is kept. Nothing is dropped while it is not known what a son has.
 */
export class Drops {
  readonly #parts: DropsParts;
  /** The lowest sequence-number that the father has to acknowledge before trying again makes sense. */
  #waitsFor = 0;

  constructor(parts: DropsParts) {
    this.#parts = parts;
  }

  /** Tells whether looking again may find more than the last time. */
  get isWorthTrying(): boolean {
    return this.#areSonsRegistered() && this.#acknowledged() >= this.#waitsFor;
  }

  /** Drops entities whose app topics a predicate picks, `countMax` at most. */
  async drop(
    isUnwanted: (appTopics: readonly string[]) => boolean,
    countMax: number,
    inTransaction: InTransaction,
  ): Promise<Dropped> {
    this.#waitsFor = 0;
    if (!this.#areSonsRegistered()) return { count: 0, end: "waits" };
    const { techIds, ...found } = await this.#find(isUnwanted, countMax);
    let count = 0;
    for (const some of inPieces(techIds, DROP_ENTITIES_MAX)) {
      const dropped = await this.#tryDrop(some, isUnwanted, inTransaction);
      if (dropped === undefined) return { count, end: "waits" };
      count += dropped;
    }
    return { count, end: found.end };
  }

  /** Finds what could be dropped now. Each is decided on again in the transaction that drops it. */
  async #find(
    isUnwanted: (appTopics: readonly string[]) => boolean,
    countMax: number,
  ): Promise<{ techIds: readonly string[]; end: Dropped["end"] }> {
    const techIds: string[] = [];
    let end: Dropped["end"] = "complete";
    for await (const batch of this.#parts.entities.idsWhere(isUnwanted)) {
      for (const { techId } of batch) {
        const verdict = this.#decide(techId, isUnwanted);
        if (verdict === "wait") end = "waits";
        if (verdict !== "drop") continue;
        if (techIds.length >= countMax) return { techIds, end: "full" };
        techIds.push(techId);
      }
    }
    return { techIds, end };
  }

  /** Drops some entities together; undefined where it cannot be decided now. */
  async #tryDrop(
    techIds: readonly string[],
    isUnwanted: (appTopics: readonly string[]) => boolean,
    inTransaction: InTransaction,
  ): Promise<number | undefined> {
    const { store, entities, delta } = this.#parts;
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      let lastSequence: number | undefined;
      let dropped: readonly string[] | undefined;
      const work = inTransaction(async (transaction) => {
        lastSequence = await store.log.holdEnd(transaction);
        // Only who has read all that comes before knows who is registered when the DELETE comes.
        if (delta.sequence !== lastSequence || !this.#areSonsRegistered()) return [];
        dropped = techIds.filter((techId) => this.#decide(techId, isUnwanted) === "drop");
        await entities.drop(transaction, dropped);
        return dropped;
      });
      await work.catch((error: unknown) => {
        // Rows wait for their numbers: the end of the log cannot be held now.
        if (lastSequence !== undefined || codeOf(error) !== "Store") throw error;
      });
      store.log.notify();
      if (dropped !== undefined) return dropped.length;
      if (lastSequence === undefined) return undefined;
      await delta.checkNotAhead({ epoch: delta.epoch, sequence: lastSequence });
    }
    return undefined;
  }

  /** Decides by what the servers have read of the log. */
  #decide(techId: string, isUnwanted: (appTopics: readonly string[]) => boolean): Verdict {
    const { cache, registered } = this.#parts.delta;
    const bytes = new Uint8Array(GUID_BYTES);
    guidToBytes(techId, bytes, 0);
    const slot = cache.slotOf(bytes, 0);
    // Committed, and not yet read: later.
    if (slot === NO_SLOT) return "wait";
    if (!isUnwanted(cache.topicsOfList(cache.topicsListOf(slot)))) return "keep";
    if (registered.isHeldBy(bytes, 0, this.#sons())) return "keep";
    const sequence = cache.changeSequence(slot);
    if (sequence <= this.#acknowledged()) return "drop";
    this.#waitsFor = this.#waitsFor === 0 ? sequence : Math.min(this.#waitsFor, sequence);
    return "wait";
  }

  #areSonsRegistered(): boolean {
    return this.#parts.delta.registered.unregisteredAmong(this.#sons()).length === 0;
  }

  /** Gives the sons that have a row: one that is absent, or disabled, goes on to block; only one whose row was removed does not. */
  #sons(): readonly string[] {
    const { sons, clients } = this.#parts;
    return sons.filter((clientId) => codeOf(clients.refusal(clientId)) !== "UnknownClient");
  }

  #acknowledged(): number {
    return this.#parts.acknowledged?.() ?? Infinity;
  }
}

import { codeOf } from "../../base/errors.js";
import { LINK_DELTAS_MAX } from "../../base/limits.js";
import type { DeltaObject } from "../../delta/delta-object.js";
import type { Load } from "../../edge/load.js";
import type { Entities } from "../../entities/entities.js";
import type { Origin, Receiver } from "../../entities/receiver.js";
import type { Store, Transaction } from "../../store/store.js";
import type { KeptNotes } from "./kept-notes.js";
import type { LinkNotes } from "./link-notes.js";

/** What came and could not be applied. */
export interface Missed {
  /** Deltas of entities that are not held. */
  readonly lacking: readonly DeltaObject[];
  /** Deltas of entities that are held, but not the part that the delta builds on. */
  readonly incomplete: readonly DeltaObject[];
  /** Whole entities that are neither held nor wanted. */
  readonly unwanted: readonly DeltaObject[];
}

/** Applies what a peer sends, together with what the link then notes. */
export class LinkInbox<N extends LinkNotes> {
  readonly #store: Store;
  readonly #entities: Entities;
  readonly #notes: KeptNotes<N>;

  constructor(store: Store, entities: Entities, notes: KeptNotes<N>) {
    this.#store = store;
    this.#entities = entities;
    this.#notes = notes;
  }

  /**
   * Applies delta-objects in one transaction, which also writes the notes; in several, the notes with the last, where one row of
   * the log does not hold what is sent on. Rejects, and notes nothing, where the signal has aborted meanwhile: then the peer is
   * known to have another epoch than these are of.
   */
  async apply(
    origin: Origin,
    deltas: readonly DeltaObject[],
    noted: (notes: N, missed: Missed) => N,
    signal: AbortSignal,
  ): Promise<void> {
    // Most batches of a quiet link only move the position.
    if (deltas.length === 0) return this.note((notes) => noted(notes, nothingMissed()), signal);
    try {
      await this.work(origin, (receiver) => receiveAll(receiver, deltas), noted, signal);
    } catch (error) {
      if (codeOf(error) !== "Limit" || deltas.length === 1) throw error;
      const all = nothingMissed();
      const half = Math.ceil(deltas.length / 2);
      await this.apply(origin, deltas.slice(0, half), (notes, missed) => (gather(all, missed), notes), signal);
      await this.apply(origin, deltas.slice(half), (notes, missed) => noted(notes, gather(all, missed)), signal);
    }
  }

  /** Does what `apply` does with whatever is to be done to the entities. */
  async work<T>(
    origin: Origin,
    work: (receiver: Receiver) => Promise<T>,
    noted: (notes: N, result: T) => N,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#notes.change(async (transaction: Transaction, notes: N) => {
      const result = await this.#entities.receive(origin, work, { transaction });
      signal.throwIfAborted();
      return noted(notes, result);
    });
    this.#store.log.notify();
  }

  /** Changes nothing but the notes. Rejects as `apply` does. */
  note(change: (notes: N) => N, signal: AbortSignal): Promise<void> {
    return this.#notes.note((notes) => {
      signal.throwIfAborted();
      return change(notes);
    });
  }

  /**
   * Applies the answer of a load in transactions of bounded size. The notes change only with what follows the last of them:
   * whoever breaks off has to load again. `originOf` is asked for the deltas owed, which a PartialLoad brings first, and for
   * entities. Gives what could not be applied.
   */
  async applyLoad(load: Load, originOf: (isOwed: boolean) => Origin, signal: AbortSignal): Promise<Missed> {
    const all = nothingMissed();
    const gathered = (notes: N, missed: Missed): N => (gather(all, missed), notes);
    for await (const deltas of load.batches()) {
      // Of the entities of a load no sequence-number is told.
      const origin = originOf(deltas.some(({ sequence }) => sequence !== undefined));
      for (const some of inPieces(deltas, LINK_DELTAS_MAX)) await this.apply(origin, some, gathered, signal);
    }
    return all;
  }
}

const kindsOfMissed = ["lacking", "incomplete", "unwanted"] as const satisfies readonly (keyof Missed)[];

type AllMissed = Record<keyof Missed, DeltaObject[]>;

function nothingMissed(): AllMissed {
  return { lacking: [], incomplete: [], unwanted: [] };
}

function gather(all: AllMissed, missed: Missed): Missed {
  for (const kind of kindsOfMissed) all[kind].push(...missed[kind]);
  return all;
}

/** Cuts a list into pieces of at most `lengthMax`. */
export function* inPieces<T>(list: readonly T[], lengthMax: number): Generator<readonly T[], void, undefined> {
  for (let at = 0; at < list.length; at += lengthMax) yield list.slice(at, at + lengthMax);
}

async function receiveAll(receiver: Receiver, deltas: readonly DeltaObject[]): Promise<Missed> {
  const missed = nothingMissed();
  for (const [at, received] of (await receiver.receiveAll(deltas)).entries()) {
    const kind = kindsOfMissed.find((one) => one === received);
    if (kind !== undefined) missed[kind].push(deltas[at]!);
  }
  return missed;
}

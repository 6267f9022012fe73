import { STREAM_BATCH_ROWS_MAX } from "../base/limits.js";
import type { DeltaObject } from "../delta/delta-object.js";
import { appTopics } from "../topics/topics-list.js";
import { applyDelta } from "./apply-delta.js";
import { callCopy } from "./copy-failed-error.js";
import type { Entity } from "./entity.js";
import type { CopyChanges, CopyState, EntityCopy } from "./entity-copy.js";
import type { Load } from "./load.js";
import { changeOf, type ReplicaChange } from "./replica-change.js";

/** Tells whether an entity with these topics is wanted where it is not held. */
export type Wants = (appTopics: readonly string[]) => boolean;

/** Writes what an Edge delivers into a copy, and tells what changed once it is written. */
export class CopyWriter {
  readonly #copy: EntityCopy;
  readonly #tell: (changes: readonly ReplicaChange[]) => void;

  constructor(copy: EntityCopy, tell: (changes: readonly ReplicaChange[]) => void) {
    this.#copy = copy;
    this.#tell = tell;
  }

  /**
   * Applies delta-objects together. Whole entities that are neither held nor wanted are left out; gives their tech-ids, of
   * which `stateOf` makes the state to be stored. Rejects with Entity where a delta shows that the copy is not exact; it is
   * unchanged then.
   */
  async applyBatch(
    deltas: readonly DeltaObject[],
    stateOf: (unwanted: ReadonlySet<string>) => CopyState,
    wants: Wants = all,
  ): Promise<ReadonlySet<string>> {
    const entities = await this.#read(deltas);
    const unwanted = new Set<string>();
    const changes: ReplicaChange[] = [];
    for (const delta of deltas) {
      const before = entities.get(delta.techId);
      if (before === undefined && isLeftOut(delta, unwanted, wants)) continue;
      const after = applyDelta(before, delta);
      entities.set(delta.techId, after);
      const change = changeOf(before, after, delta);
      if (change) changes.push(change);
    }
    const puts = [...entities.values()].filter((entity) => entity !== undefined);
    const removes = [...entities].filter(([, entity]) => entity === undefined).map(([techId]) => techId);
    await this.#apply({ puts, removes, state: stateOf(unwanted) });
    this.#tell(changes);
    return unwanted;
  }

  /** Reads the entities that deltas are of, as they are held. */
  #read(deltas: readonly DeltaObject[]): Promise<Map<string, Entity | undefined>> {
    return callCopy(async () => {
      const entities = new Map<string, Entity | undefined>();
      for (const { techId } of deltas) {
        if (entities.has(techId)) continue;
        const held = this.#copy.get(techId);
        // Nothing is waited for where there is nothing to wait for: a copy in memory is several times faster so.
        entities.set(techId, held !== undefined && "then" in held ? await held : held);
      }
      return entities;
    });
  }

  /** Gives the tech-ids of what is held. */
  async heldIds(): Promise<Set<string>> {
    const held = new Set<string>();
    await callCopy(async () => {
      for await (const techId of this.#copy.techIds()) held.add(techId);
    });
    return held;
  }

  /** Gives the tech-ids of what is held and has topics that a test picks. Rejects with the signal's reason. */
  async heldIdsWhere(isPicked: (topics: readonly string[]) => boolean, signal: AbortSignal): Promise<string[]> {
    const picked: string[] = [];
    for (const techId of await this.heldIds()) {
      signal.throwIfAborted();
      const entity = await callCopy(() => this.#copy.get(techId));
      if (entity && isPicked(entity.topics)) picked.push(techId);
    }
    return picked;
  }

  /**
   * Puts what a FullLoad brings over what is held (`heldIds`), and removes at the end what it did not bring, so that the copy
   * never appears empty. Until then the copy has no state: whoever finds it so has to load again. `stateOf` gives the state
   * that the load leads to, once it has finished. Rejects with the signal's reason where it aborts before all is done.
   */
  async applyFullLoad(load: Load, held: Set<string>, stateOf: () => CopyState, signal: AbortSignal): Promise<void> {
    for await (const deltas of load.batches()) {
      // A look into an empty set, too, would cost the hash of every tech-id.
      const changes = deltas.map((delta) => loadedChange(delta, held.size > 0 && held.delete(delta.techId)));
      await this.#apply({ puts: changes.map(({ entity }) => entity), removes: [], state: undefined });
      this.#tell(changes);
    }
    await this.remove([...held], { meanwhile: undefined, atLast: stateOf() }, signal);
  }

  /**
   * Removes what a SyncLoad says is gone, applies the deltas that a PartialLoad brings first, and puts entities over what is
   * held. Gives the tech-ids of those that are neither held nor wanted. Until all is done, and stored by what follows, the copy
   * keeps the state `meanwhile`: what comes now comes again for whoever finds it so.
   */
  async applyMore(load: Load, wants: Wants, meanwhile: CopyState, signal: AbortSignal): Promise<ReadonlySet<string>> {
    const unwanted = new Set<string>();
    if (load.gone.length > 0) await this.remove(load.gone, { meanwhile, atLast: meanwhile }, signal);
    for await (const deltas of load.batches()) {
      const isOwed = deltas.some(({ sequence }) => sequence !== undefined);
      const more = await this.applyBatch(deltas, () => meanwhile, isOwed ? all : wants);
      for (const techId of more) unwanted.add(techId);
    }
    return unwanted;
  }

  /** Removes entities in steps, and stores a state with the last one. Rejects with the signal's reason. */
  async remove(
    techIds: readonly string[],
    state: { readonly meanwhile: CopyState | undefined; readonly atLast: CopyState },
    signal: AbortSignal,
  ): Promise<void> {
    let at = 0;
    do {
      signal.throwIfAborted();
      const removes = techIds.slice(at, at + STREAM_BATCH_ROWS_MAX);
      at += removes.length;
      const changes: ReplicaChange[] = [];
      for (const techId of removes) {
        const entity = await callCopy(() => this.#copy.get(techId));
        if (entity) changes.push({ kind: "leave", techId, entity, delta: undefined });
      }
      await this.#apply({ puts: [], removes, state: at === techIds.length ? state.atLast : state.meanwhile });
      this.#tell(changes);
    } while (at < techIds.length);
  }

  #apply(changes: CopyChanges): Promise<void> {
    return callCopy(() => this.#copy.apply(changes));
  }
}

const all: Wants = () => true;

/** Tells whether a delta of an entity that is not held is to be left out, and notes what is not wanted. */
function isLeftOut({ oper, techId, topics }: DeltaObject, unwanted: Set<string>, wants: Wants): boolean {
  const isWhole = oper === "CREATE" || oper === "FULL";
  if (isWhole && !wants(appTopics(topics))) {
    unwanted.add(techId);
    return true;
  }
  // What follows of an unwanted entity is of no interest either, until it comes whole and wanted, or goes.
  const isUnwanted = unwanted.has(techId);
  if (isWhole || oper === "DELETE") unwanted.delete(techId);
  return isUnwanted && !isWhole;
}

function loadedChange(delta: DeltaObject, wasHeld: boolean): ReplicaChange {
  const entity = applyDelta(undefined, delta)!;
  return { kind: wasHeld ? "update" : "enter", techId: delta.techId, entity, delta };
}

import { STREAM_BATCH_ROWS_MAX } from "../base/limits.js";
import type { DeltaObject } from "../delta/delta-object.js";
import { applyDelta } from "./apply-delta.js";
import { callCopy } from "./copy-failed-error.js";
import type { Entity } from "./entity.js";
import type { CopyChanges, CopyState, EntityCopy } from "./entity-copy.js";
import type { Load } from "./load.js";
import { changeOf, type ReplicaChange } from "./replica-change.js";

/** Writes what an Edge delivers into a copy, and tells what changed once it is written. */
export class CopyWriter {
  readonly #copy: EntityCopy;
  readonly #tell: (changes: readonly ReplicaChange[]) => void;

  constructor(copy: EntityCopy, tell: (changes: readonly ReplicaChange[]) => void) {
    this.#copy = copy;
    this.#tell = tell;
  }

  /** Applies the deltas of a batch together. Rejects with Entity where they show that the copy is not exact; it is unchanged then. */
  async applyBatch(deltas: readonly DeltaObject[], state: CopyState): Promise<void> {
    const entities = await this.#read(deltas);
    const changes: ReplicaChange[] = [];
    for (const delta of deltas) {
      const before = entities.get(delta.techId);
      const after = applyDelta(before, delta);
      entities.set(delta.techId, after);
      const change = changeOf(before, after, delta);
      if (change) changes.push(change);
    }
    const puts = [...entities.values()].filter((entity) => entity !== undefined);
    const removes = [...entities].filter(([, entity]) => entity === undefined).map(([techId]) => techId);
    await this.#apply({ puts, removes, state });
    this.#tell(changes);
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

  /** Gives the tech-ids of what is held before a load. */
  async heldIds(): Promise<Set<string>> {
    const held = new Set<string>();
    await callCopy(async () => {
      for await (const techId of this.#copy.techIds()) held.add(techId);
    });
    return held;
  }

  /**
   * Puts what a load brings over what is held (`heldIds`), and removes at the end what it did not bring, so that the copy never
   * appears empty. Until then the copy has no state: whoever finds it so has to load again. `stateOf` gives the state that the
   * load leads to, once it has finished. Rejects with the signal's reason where it aborts before all is done.
   */
  async applyLoad(load: Load, held: Set<string>, stateOf: () => CopyState, signal: AbortSignal): Promise<void> {
    for await (const deltas of load.batches()) {
      const changes = deltas.map((delta) => loadedChange(delta, held.delete(delta.techId)));
      await this.#apply({ puts: changes.map(({ entity }) => entity), removes: [], state: undefined });
      this.#tell(changes);
    }
    await this.#removeRest([...held], stateOf(), signal);
  }

  async #removeRest(techIds: readonly string[], state: CopyState, signal: AbortSignal): Promise<void> {
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
      await this.#apply({ puts: [], removes, state: at === techIds.length ? state : undefined });
      this.#tell(changes);
    } while (at < techIds.length);
  }

  #apply(changes: CopyChanges): Promise<void> {
    return callCopy(() => this.#copy.apply(changes));
  }
}

function loadedChange(delta: DeltaObject, wasHeld: boolean): ReplicaChange {
  const entity = applyDelta(undefined, delta)!;
  return { kind: wasHeld ? "update" : "enter", techId: delta.techId, entity, delta };
}

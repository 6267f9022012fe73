import type { Entity } from "./entity.js";
import type { CopyChanges, CopyState, EntityCopy } from "./entity-copy.js";

/** Keeps a Replica's entities in memory, by tech-id. */
export class MapCopy implements EntityCopy {
  readonly #entities = new Map<string, Entity>();
  #state: CopyState | undefined;

  /** Entities held. */
  get size(): number {
    return this.#entities.size;
  }

  /** Gives an entity, or undefined where it is not held. */
  get(techId: string): Entity | undefined {
    return this.#entities.get(techId);
  }

  /** Gives all entities held. */
  values(): IterableIterator<Entity> {
    return this.#entities.values();
  }

  techIds(): IterableIterator<string> {
    return this.#entities.keys();
  }

  state(): CopyState | undefined {
    return this.#state;
  }

  apply({ puts, removes, state }: CopyChanges): void {
    for (const entity of puts) this.#entities.set(entity.techId, entity);
    for (const techId of removes) this.#entities.delete(techId);
    this.#state = state;
  }
}

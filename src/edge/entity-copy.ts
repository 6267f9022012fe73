import type { Position } from "../wire/requests.js";
import type { Entity } from "./entity.js";

/** Of what a copy is the copy: the slice, and the position up to which it has everything. Plain data. */
export interface CopyState {
  /**
   * Of a registered client without its stamp while a load other than a FullLoad is under way, and shortly after entities were
   * removed: what the copy holds and what the server has registered for it may then differ, and the copy may be ahead.
   */
  readonly position: Position;
  readonly topicsSlice: string;
  /** Of a registered client, while entities are still to be removed that only this slice selected. */
  readonly oldTopicsSlice?: string;
}

/** What one call of `apply` does. A tech-id stands in `puts` or in `removes`, once. */
export interface CopyChanges {
  /** Entities to be inserted, or put in the place of those held under the same tech-id. */
  readonly puts: readonly Entity[];
  /** Tech-ids to be removed; some may not be held. */
  readonly removes: readonly string[];
  /** To be stored with the entities; undefined while a FullLoad is under way: the copy is incomplete then. */
  readonly state: CopyState | undefined;
}

/**
 * Where a Replica keeps the entities: a `MapCopy`, a database, an application's own store. Only one Replica writes to it, one
 * call at a time. Any method may be asynchronous. What they throw ends the Replica (`failed`), which can be started again.
 */
export interface EntityCopy {
  /** Gives the state that came with the last `apply`; undefined for a new copy, too. */
  state(): CopyState | undefined | Promise<CopyState | undefined>;
  /** Gives the tech-ids of all entities held. Nothing is applied while it is iterated. */
  techIds(): Iterable<string> | AsyncIterable<string>;
  /** Gives an entity as it was put. */
  get(techId: string): Entity | undefined | Promise<Entity | undefined>;
  /** Makes the changes and stores the state, all or nothing also when the process dies: else the copy does not stay exact. */
  apply(changes: CopyChanges): void | Promise<void>;
}

import type { DeltaClass } from "../delta/delta-class.js";
import type { DeltaObject } from "../delta/delta-object.js";
import type { Snapshot } from "../store/store.js";

/**
 * Reads entities from the application's tables for the cache server (guide §5.3). `Entities` is the
 * reference implementation; an application with an entities sub-system of its own brings its own.
 */
export interface IDeltaObjectsReader {
  /**
   * Gives every entity as a CREATE delta-object, in batches of any size, each entity once. Called when a server starts. The
   * snapshot is of the same moment as the log position that the server goes on from: what was committed before it must be
   * given, what was committed later must not.
   */
  readAll(snapshot: Snapshot): AsyncIterable<readonly DeltaObject[]>;

  /**
   * Gives entities of one class (none of a derived one) as CREATE delta-objects, in batches of any size; those that are not
   * there any more are left out. Called for entities of which the cache holds only the header (guide §3.6), with up to
   * BODIES_READ_MAX tech-ids, when somebody has to be given them whole. What was committed before the call must be seen; of what
   * is committed meanwhile, each entity shows all or nothing of a transaction. The server may stop after any batch, which must
   * free what is held for the call. A rejection ends the load or feed that needed the entities; its client tries again.
   *
   * With a reader that has no such method, and without a reader, the cache holds all entities whole, whatever their InCache.
   */
  read?(deltaClass: DeltaClass, techIds: readonly string[]): AsyncIterable<readonly DeltaObject[]>;
}

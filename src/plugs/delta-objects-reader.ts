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
}

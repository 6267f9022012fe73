import type { DeltaClass, FieldMap, WholeFields } from "../delta/delta-class.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import type { Entity, UpdateFields } from "./entity.js";

/**
 * The writes of one transaction (guide §3, §4.1). Its methods run one after the other in the order of the calls, and see what
 * those before them wrote. Where one that writes rejects, the whole transaction is rolled back, also where the application
 * catches the error. After the transaction they reject with Entity.
 *
 * All reject with Entity where the class is not in the schema or only a part of other classes, and with Store where the
 * database refuses. A class stands for those that derive from it, except in `create`.
 */
export interface Unit {
  /**
   * Creates an entity; fields that are not given are null, a list of parts is empty, and parts get a tech-id where they have
   * none. `inCache` defaults to the class's own (guide §3.6). Rejects with Entity where the tech-id is taken, a field is
   * unknown or a value is of another type, with TopicsList where `topicsOf` gives no topics-list.
   */
  create<F extends FieldMap>(
    deltaClass: DeltaClass<F>,
    fields: WholeFields<F>,
    options?: CreateOptions,
  ): Promise<Entity<F>>;
  /**
   * Updates fields of an entity; what is not given stays. Where nothing is really modified nothing is written. A list of whole
   * parts replaces what is there: parts with a known tech-id are updated, those that are missing are deleted, the others
   * created. Rejects as `create` does, and with Entity where there is no such entity.
   */
  update<F extends FieldMap>(deltaClass: DeltaClass<F>, techId: string, fields: UpdateFields<F>): Promise<Entity<F>>;
  /** Deletes an entity physically, with its parts. Rejects with Entity where there is no such entity. */
  remove(deltaClass: DeltaClass, techId: string): Promise<void>;
  get<F extends FieldMap>(deltaClass: DeltaClass<F>, techId: string): Promise<Entity<F> | undefined>;
  /**
   * Gives all entities of a class, or those that a slice selects, without holding them all in memory. The unit may write while
   * it goes on; whether what it creates is given too is not promised.
   */
  list<F extends FieldMap>(deltaClass: DeltaClass<F>, options?: ListOptions): AsyncIterable<Entity<F>>;
}

export interface CreateOptions {
  /** Default: a new one. */
  readonly techId?: string;
  readonly inCache?: boolean;
}

export interface ListOptions {
  /** Time-windows count from now. */
  readonly where?: TopicsSlice;
}

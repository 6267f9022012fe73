import type { DeltaClass, FieldMap, WholeFields } from "../delta/delta-class.js";

/** An entity as a copy holds it. */
export interface Entity<F extends FieldMap = FieldMap> {
  readonly deltaClass: DeltaClass<F>;
  /** A lower-case GUID. */
  readonly techId: string;
  readonly updateTime: Date;
  /** The application's topics: those that start with # are left out (guide §2.1.1.1). */
  readonly topics: readonly string[];
  /** Every field of the class, null where it has no value; parts as whole objects, each with its tech-id and every field. */
  readonly fields: WholeFields<F>;
}

import type { DeltaClass, FieldMap, FieldsOf, WholeFields } from "../delta/delta-class.js";
import type { PartsType, PartType, ValueType } from "../delta/field-type.js";
import type { PartOper } from "../delta/oper.js";
import type { ObjectNode } from "../delta/version-tree.js";

/** An entity as it stands in the database. Every field is there: null where it has no value, `[]` for parts where there are none. */
export interface Entity<F extends FieldMap = FieldMap> {
  /** The entity's own class, which may derive from the one it was asked for by. */
  readonly deltaClass: DeltaClass<F>;
  /** A lower-case GUID. */
  readonly techId: string;
  /** When this site last wrote it. */
  readonly updateTime: Date;
  /** Its topics-list, without topics that count in routing only. */
  readonly topics: readonly string[];
  readonly fields: EntityFields<F>;
}

export type EntityFields<F extends FieldMap> = { readonly [K in keyof F]: EntityValue<F[K]> };

type EntityValue<T> =
  T extends ValueType<infer V>
    ? V | null
    : T extends PartsType<infer P>
      ? readonly EntityPart<P>[]
      : T extends PartType<infer P>
        ? EntityPart<P> | null
        : never;

/** A part as it stands in the database: its fields by name, and its tech-id. */
export type EntityPart<F extends FieldMap = FieldMap> = { readonly techId: string } & EntityFields<F>;

/**
 * What `update` takes: the fields to be modified. Parts are given as whole objects, which replace what is there, or as
 * second-class deltas. Null takes a value away, and all parts of a field.
 */
export type UpdateFields<F extends FieldMap> = { readonly [K in keyof F]?: UpdateValue<F[K]> | null };

type UpdateValue<T> =
  T extends ValueType<infer V>
    ? V
    : T extends PartsType<infer P>
      ? readonly PartChange<P>[] | readonly WholeInput<P>[]
      : T extends PartType<infer P>
        ? PartChange<P> | WholeInput<P>
        : never;

type WholeInput<F extends FieldMap> = { readonly techId?: string } & WholeFields<F>;

/** A second-class delta as an application gives it: a CREATE without tech-id gets a new one. */
export interface PartChange<F extends FieldMap = FieldMap> {
  readonly oper: PartOper;
  readonly techId?: string;
  readonly fields?: FieldsOf<F>;
}

/** Fields by name, as they are while their types are looked up. */
export type LooseFields = Readonly<Record<string, unknown>>;

/** A part of a class that is known at run time only. */
export type LoosePart = LooseFields & { readonly techId: string };

/** An entity and what else its row says. */
export interface StoredEntity {
  readonly entity: Entity;
  readonly inCache: boolean;
  readonly versions: ObjectNode;
}

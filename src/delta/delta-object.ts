import type { DeltaClass, FieldMap, FieldsOf } from "./delta-class.js";
import type { Oper } from "./oper.js";
import type { FieldVersions, Version } from "./version.js";

/** One modification of one entity (guide §4), as it is given to `Reception.append` and comes out of an Edge. */
export interface DeltaObject<F extends FieldMap = FieldMap> {
  readonly deltaClass: DeltaClass<F>;
  readonly oper: Oper;
  /** A lower-case GUID. */
  readonly techId: string;
  readonly updateTime: Date;
  /** The topics-list; a topic that starts with # counts in routing only (guide §2.1.1.1). */
  readonly topics: readonly string[];
  /** The topics-list before; null where there was none. */
  readonly oldTopics: readonly string[] | null;
  /**
   * CREATE and FULL: every field that is not null, parts as whole objects. PARTIAL and UPDATE: the modified fields, null
   * where the value was taken away, parts as second-class deltas. Otherwise empty.
   */
  readonly fields: FieldsOf<F>;
  readonly version: Version;
  /** The fields whose version is not `version`. */
  readonly fieldVersions: readonly FieldVersions[];
  /** Whether cache servers hold the whole entity (guide §3.6). */
  readonly inCache: boolean;
  /** The entity has left the slice of a client in transition mode; `fields` is empty. */
  readonly leaves: boolean;
  /** A REGISTER that also takes the synchronized bit, so that FULL follows. */
  readonly takesSynchronized: boolean;
  /** A FULL for the one client that unregistered the entity while its slice still selects it. */
  readonly forThisClientAlone: boolean;
  /** The sequence-number of the transaction; only on deltas that came from a server. */
  readonly sequence?: number;
}

/** What an application says to make a delta-object; the rest has defaults. */
export interface DeltaInit<F extends FieldMap = FieldMap> {
  readonly oper: Oper;
  readonly techId: string;
  readonly updateTime: Date;
  readonly topics?: readonly string[];
  readonly oldTopics?: readonly string[] | null;
  readonly fields?: FieldsOf<F>;
  /** Default: the UpdateTime, counter 0, no site. */
  readonly version?: Version;
  readonly fieldVersions?: readonly FieldVersions[];
  /** Default: the delta-class's own. */
  readonly inCache?: boolean;
  readonly leaves?: boolean;
  readonly takesSynchronized?: boolean;
  readonly forThisClientAlone?: boolean;
}

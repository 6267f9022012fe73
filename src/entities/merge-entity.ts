import { decodeVersions } from "../delta/decode-versions.js";
import type { DeltaObject } from "../delta/delta-object.js";
import { isWhole } from "../delta/oper.js";
import type { Version } from "../delta/version.js";
import type { ObjectNode } from "../delta/version-tree.js";
import type { LooseFields, StoredEntity } from "./entity.js";
import { MergeRun } from "./merge-run.js";
import { diffObject } from "./diff-object.js";
import { withoutMovedTwice } from "./moved-parts.js";
import { mergeObject } from "./merge-object.js";

/** What a delta-object comes to on an entity that is held. */
export interface EntityMerge {
  /** What is newer than what is held, as it stands in an UPDATE delta; nothing where all is rejected. */
  readonly modified: LooseFields;
  readonly after: LooseFields;
  readonly versions: ObjectNode;
  /** The newest version among those accepted; undefined where all is rejected. */
  readonly version: Version | undefined;
  /** Whether anything in the delta-object is older than what is held: its sender has not seen that. */
  readonly isOlder: boolean;
}

/**
 * Merges a delta-object into an entity: everything has the newer of its two versions (protocol: merge per field). Gives
 * undefined where the delta-object changes parts whose creation never came here.
 */
export function mergeEntity({ entity, versions }: StoredEntity, delta: DeltaObject): EntityMerge | undefined {
  const run = new MergeRun();
  const held = { fields: entity.fields, node: versions };
  const arriving = { fields: delta.fields, node: decodeVersions(delta, delta.deltaClass) };
  const merge = mergeObject(run, entity.deltaClass, held, arriving, isWhole(delta.oper));
  if (run.isLacking) return undefined;
  const { modified, after, node } = merge;
  const merged = { fields: after, node };
  const rest = run.newest === undefined ? merged : withoutMovedTwice(entity.deltaClass, merged);
  const { newest: version, isOlder } = run;
  return {
    modified: rest === merged ? modified : diffObject(entity.deltaClass, held, rest),
    after: rest.fields,
    versions: rest.node,
    version,
    isOlder,
  };
}

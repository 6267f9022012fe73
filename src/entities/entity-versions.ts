import type { Version } from "../delta/version.js";
import { ObjectDraft } from "../delta/version-draft.js";
import { isSame, nodeOf, type FieldNode, type ObjectNode } from "../delta/version-tree.js";

type VersionText = [timeMs: number, counter: number, site: string];
/** The names of fields and the tech-ids of parts by turns, from the entity down; PLACE in front of it means the part's place. */
type PathText = string[];
type GroupText = [...VersionText, ...fieldsAndPaths: (string | PathText)[]];
type VersionsText = [...VersionText, ...groups: GroupText[]];

/** No field is called so. */
const PLACE = "#";

/**
 * Writes versions as the column Versions holds them, `[timeMs,counter,"site",[timeMs,counter,"site","field",…],…]`: first the
 * version of most fields, then the others by version. A path inside parts stands as a list, `["phones","tech-id","number"]`.
 */
export function formatVersions({ version, fields }: ObjectNode): string {
  if (fields.size === 0) return JSON.stringify(versionText(version));
  const groups = new Map<string, GroupText>();
  const add = (of: Version, item: string | PathText): void => {
    const key = JSON.stringify(versionText(of));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [...versionText(of), item]);
    else group.push(item);
  };
  const addFields = (of: ReadonlyMap<string, FieldNode>, holder: Version, above: PathText): void => {
    for (const [name, field] of of) {
      const path = [...above, name];
      if (!isSame(field.version, holder)) add(field.version, above.length === 0 ? name : path);
      for (const [techId, part] of field.parts) {
        const partPath = [...path, techId];
        if (part.fields.size === 0 || !isSame(part.version, field.version)) add(part.version, partPath);
        if (part.place !== undefined) add(part.place, [PLACE, ...partPath]);
        addFields(part.fields, part.version, partPath);
      }
    }
  };
  addFields(fields, version, []);
  const text: VersionsText = [...versionText(version), ...groups.values()];
  return JSON.stringify(text);
}

function versionText({ timeMs, counter, site }: Version): VersionText {
  return [timeMs, counter, site];
}

/** Reads what `formatVersions` wrote. */
export function parseVersions(text: string): ObjectNode {
  const [timeMs, counter, site, ...groups] = JSON.parse(text) as VersionsText;
  const version: Version = { timeMs, counter, site };
  if (groups.length === 0) return nodeOf(version);
  const root = new ObjectDraft();
  for (const [groupTimeMs, groupCounter, groupSite, ...items] of groups) {
    const of: Version = { timeMs: groupTimeMs, counter: groupCounter, site: groupSite };
    for (const item of items) put(root, typeof item === "string" ? [item] : item, of);
  }
  return root.finish(version);
}

function put(root: ObjectDraft, path: PathText, version: Version): void {
  const isPlace = path[0] === PLACE;
  const keys = isPlace ? path.slice(1) : path;
  let draft = root;
  for (let at = 0; at + 1 < keys.length; at += 2) draft = draft.field(keys[at]!).part(keys[at + 1]!);
  if (isPlace) draft.place = version;
  else if (keys.length % 2 === 0) draft.version = version;
  else draft.field(keys.at(-1)!).version = version;
}

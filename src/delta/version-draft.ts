import type { Version } from "./version.js";
import { noFields, noParts, type FieldNode, type ObjectNode } from "./version-tree.js";

/** An ObjectNode while it is read: a version that is not told is that of what holds it, which may be told later. */
export class ObjectDraft {
  version: Version | undefined;
  place: Version | undefined;
  readonly #fields = new Map<string, FieldDraft>();

  field(name: string): FieldDraft {
    let draft = this.#fields.get(name);
    if (draft === undefined) this.#fields.set(name, (draft = new FieldDraft()));
    return draft;
  }

  finish(inherited: Version): ObjectNode {
    const { version = inherited, place } = this;
    const fields = new Map<string, FieldNode>();
    for (const [name, draft] of this.#fields) fields.set(name, draft.finish(version));
    return { version, ...(place && { place }), fields: fields.size === 0 ? noFields : fields };
  }
}

class FieldDraft {
  version: Version | undefined;
  readonly #parts = new Map<string, ObjectDraft>();

  part(techId: string): ObjectDraft {
    let draft = this.#parts.get(techId);
    if (draft === undefined) this.#parts.set(techId, (draft = new ObjectDraft()));
    return draft;
  }

  finish(inherited: Version): FieldNode {
    const { version = inherited } = this;
    const parts = new Map<string, ObjectNode>();
    for (const [techId, draft] of this.#parts) parts.set(techId, draft.finish(version));
    return { version, parts: parts.size === 0 ? noParts : parts };
  }
}

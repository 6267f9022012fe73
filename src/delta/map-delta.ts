import type { DeltaClass, PartDelta } from "./delta-class.js";
import type { DeltaObject } from "./delta-object.js";
import { isPart, type FieldType } from "./field-type.js";
import { decodeVersions } from "./decode-versions.js";
import { changeVersions, wholeVersions } from "./encode-versions.js";
import { isWhole } from "./oper.js";
import type { Schema } from "./schema.js";
import type { FieldVersions } from "./version.js";
import { fieldNode, noParts, objectNode, partNode, unknownVersion, type ObjectNode } from "./version-tree.js";

type LooseFields = Record<string, unknown>;

/**
 * Gives a delta-object of another schema in the classes of a reader's own: fields are mapped by name, and what the reader
 * does not know is left out. A class that the reader does not know stays as it is.
 */
export function mapDelta(delta: DeltaObject, own: Schema): DeltaObject {
  const deltaClass = own.classNamed(delta.deltaClass.name);
  if (deltaClass === undefined) return delta;
  const fields = mapFields(delta.fields, delta.deltaClass, deltaClass);
  return { ...delta, deltaClass, fields, fieldVersions: mapVersions(delta, deltaClass, fields) };
}

function mapFields(fields: LooseFields, from: DeltaClass, to: DeltaClass): LooseFields {
  const mapped: LooseFields = {};
  for (const [name, value] of Object.entries(fields)) {
    const source = from.field(name);
    const target = to.field(name);
    if (source === undefined || target?.type.kind !== source.type.kind) continue;
    mapped[name] = value === null ? null : mapValue(value, source.type, target.type);
  }
  return mapped;
}

function mapValue(value: unknown, from: FieldType, to: FieldType): unknown {
  if (!isPart(from) || !isPart(to)) return value;
  const mapOne = (one: LooseFields): LooseFields => mapPart(one, from.deltaClass, to.deltaClass);
  return Array.isArray(value) ? value.map(mapOne) : mapOne(value as LooseFields);
}

function mapPart(part: LooseFields, from: DeltaClass, to: DeltaClass): LooseFields {
  if (!("oper" in part)) return { techId: part["techId"], ...mapFields(part, from, to) };
  const { fields, ...rest } = part as unknown as PartDelta;
  return fields === undefined ? rest : { ...rest, fields: mapFields(fields, from, to) };
}

/** Gives the field versions of a mapped delta-object. */
function mapVersions(delta: DeltaObject, to: DeltaClass, fields: LooseFields): readonly FieldVersions[] {
  const { deltaClass: from, oper, version } = delta;
  const whole = isWhole(oper);
  const node = withUnknown(decodeVersions(delta, from), { from, to, fields: delta.fields, whole });
  return whole ? wholeVersions(to, node, version) : changeVersions(to, node, fields, version);
}

/** Fields of a delta-object, or of a part in it, on their way from one class to another. */
interface Mapping {
  readonly from: DeltaClass;
  readonly to: DeltaClass;
  readonly fields: LooseFields;
  readonly whole: boolean;
}

/** Gives fields that the writer does not know the oldest version there is: that a whole object lacks them says nothing. */
function withUnknown(node: ObjectNode, { from, to, fields, whole }: Mapping): ObjectNode {
  if (from === to) return node;
  const nodes = new Map(node.fields);
  for (const { name, type } of to.fields) {
    const source = from.field(name)?.type;
    if (source?.kind !== type.kind) {
      if (whole) nodes.set(name, { version: unknownVersion, parts: noParts });
    } else if (isPart(type) && isPart(source)) {
      const field = fieldNode(node, name);
      const parts = new Map(field.parts);
      for (const one of partsOf(fields[name])) {
        const { oper, techId } = one as unknown as PartDelta;
        const inner = whole ? one : ((one["fields"] ?? {}) as LooseFields);
        const mapping = {
          from: source.deltaClass,
          to: type.deltaClass,
          fields: inner,
          whole: whole || oper === "CREATE",
        };
        const part = withUnknown(partNode(field, techId), mapping);
        if (oper !== "DELETE" && part.fields.size > 0) parts.set(techId, part);
      }
      if (parts.size > 0) nodes.set(name, { version: field.version, parts });
    }
  }
  return { ...node, fields: objectNode(node.version, nodes).fields };
}

function partsOf(value: unknown): readonly LooseFields[] {
  if (value === null || value === undefined) return [];
  return (Array.isArray(value) ? value : [value]) as LooseFields[];
}

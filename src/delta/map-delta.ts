import type { DeltaClass, PartDelta } from "./delta-class.js";
import type { DeltaObject } from "./delta-object.js";
import { isPart, type FieldType } from "./field-type.js";
import type { Schema } from "./schema.js";
import type { FieldVersions } from "./version.js";

type LooseFields = Record<string, unknown>;

/**
 * Gives a delta-object of another schema in the classes of a reader's own: fields are mapped by name, and what the reader
 * does not know is left out. A class that the reader does not know stays as it is.
 */
export function mapDelta(delta: DeltaObject, own: Schema): DeltaObject {
  const deltaClass = own.classNamed(delta.deltaClass.name);
  if (deltaClass === undefined) return delta;
  return {
    ...delta,
    deltaClass,
    fields: mapFields(delta.fields, delta.deltaClass, deltaClass),
    fieldVersions: mapFieldVersions(delta.fieldVersions, delta.deltaClass, deltaClass),
  };
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

function mapFieldVersions(groups: readonly FieldVersions[], from: DeltaClass, to: DeltaClass): FieldVersions[] {
  return groups.map(({ version, fields }) => ({
    version,
    fields: fields.flatMap((index) => {
      const name = from.fields[index]?.name;
      const target = name === undefined ? undefined : to.field(name);
      return target === undefined ? [] : [target.index];
    }),
  }));
}

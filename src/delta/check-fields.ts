import { DeltaBufferError } from "../base/errors.js";
import { isGuid, newTechId } from "../base/guid.js";
import { PART_DEPTH_MAX } from "../base/limits.js";
import type { DeltaClass, FieldMap, FieldsOf, PartDelta } from "./delta-class.js";
import { isPart, type PartsType, type PartType, type ValueType } from "./field-type.js";
import { isWhole, type Oper, type PartOper } from "./oper.js";

/** Fields by name, as they are while their types are looked up. */
type LooseFields = Record<string, unknown>;

/**
 * Checks the fields of a delta-object against its class and gives them as they will be encoded: parts of whole objects
 * have a tech-id. Throws DeltaBufferError that names the class, the field and what is wrong.
 */
export function checkFields<F extends FieldMap>(
  deltaClass: DeltaClass<F>,
  fields: FieldsOf<F>,
  oper: Oper,
): FieldsOf<F> {
  if (oper === "REGISTER" || oper === "DELETE") {
    if (Object.keys(fields).length > 0) throw new DeltaBufferError(`${oper} carries no fields`);
    return {};
  }
  return checkObject(deltaClass, fields, isWhole(oper), 0) as FieldsOf<F>;
}

function checkObject(deltaClass: DeltaClass, fields: LooseFields, whole: boolean, depth: number): LooseFields {
  if (depth > PART_DEPTH_MAX) throw new DeltaBufferError(`parts are nested deeper than ${PART_DEPTH_MAX}`);
  const checked: LooseFields = {};
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    // Undefined is "not modified", as if the key were not there.
    if (value === undefined) continue;
    const field = deltaClass.field(name);
    if (field === undefined) throw new DeltaBufferError(`delta-class ${deltaClass.name} has no field ${name}`);
    const where = `${deltaClass.name}.${name}`;
    if (value === null) checked[name] = null;
    else if (isPart(field.type)) checked[name] = checkParts(field.type, value, whole, where, depth);
    else checked[name] = checkValue(field.type, value, where);
  }
  return checked;
}

function checkValue(type: ValueType, value: unknown, where: string): unknown {
  const wrong = type.check(value);
  if (wrong !== undefined) throw new DeltaBufferError(`${where} ${wrong}`);
  return value;
}

function checkParts(type: PartType | PartsType, value: unknown, whole: boolean, where: string, depth: number): unknown {
  const checkOne = (one: unknown): unknown => {
    if (typeof one !== "object" || one === null)
      throw new DeltaBufferError(`${where} must hold objects of ${type.deltaClass.name}`);
    return whole
      ? checkWholePart(type.deltaClass, one as LooseFields, where, depth)
      : checkPartDelta(type.deltaClass, one, where, depth);
  };
  if (type.kind === "part") return checkOne(value);
  if (!Array.isArray(value)) throw new DeltaBufferError(`${where} must be an array`);
  const list = value.map(checkOne) as { techId: string }[];
  if (new Set(list.map((one) => one.techId)).size < list.length)
    throw new DeltaBufferError(`${where} has two parts with the same techId`);
  return list;
}

function checkWholePart(deltaClass: DeltaClass, part: LooseFields, where: string, depth: number): LooseFields {
  const { techId = newTechId(), ...fields } = part;
  return { techId: checkTechId(techId, where), ...checkObject(deltaClass, fields, true, depth + 1) };
}

const partOpers: readonly unknown[] = ["CREATE", "UPDATE", "DELETE"] satisfies PartOper[];

function checkPartDelta(deltaClass: DeltaClass, part: Partial<PartDelta>, where: string, depth: number): PartDelta {
  const { oper, techId, fields = {} } = part;
  if (oper === undefined || !partOpers.includes(oper)) {
    throw new DeltaBufferError(
      `${where} must hold second-class deltas { oper: "CREATE" | "UPDATE" | "DELETE", techId, fields }`,
    );
  }
  if (oper === "DELETE") return { oper, techId: checkTechId(techId, where) };
  return {
    oper,
    techId: checkTechId(techId, where),
    fields: checkObject(deltaClass, fields, oper === "CREATE", depth + 1),
  };
}

function checkTechId(techId: unknown, where: string): string {
  if (typeof techId !== "string" || !isGuid(techId)) throw new DeltaBufferError(`${where}: techId must be a GUID`);
  return techId.toLowerCase();
}

import type { DeltaObject } from "../delta/delta-object.js";

/** Characters of one field's value in a line. */
const VALUE_LENGTH_MAX = 60;

/** Writes a delta-object as one line for people; long values are cut. */
export function deltaLine(delta: DeltaObject): string {
  const { sequence, deltaClass, techId, topics, fields } = delta;
  const words = [happening(delta).padEnd(8), deltaClass.name, techId, `[${topics.join(" ")}]`];
  if (sequence !== undefined) words.unshift(`#${sequence}`);
  for (const [name, value] of Object.entries(fields)) words.push(`${name}=${short(value)}`);
  return words.join(" ");
}

/** Writes a delta-object as a JSON object in one line. An int64 is a string there, and bytes are base64. */
export function deltaObject(delta: DeltaObject): string {
  const { sequence, oper, leaves, deltaClass, techId, updateTime, topics, fields } = delta;
  return toJson({ sequence, oper, leaves, deltaClass: deltaClass.name, techId, updateTime, topics, fields });
}

function happening({ oper, leaves }: DeltaObject): string {
  if (leaves) return "leaves";
  return oper === "FULL" ? "enters" : oper;
}

function short(value: unknown): string {
  const text = toJson(value);
  return text.length <= VALUE_LENGTH_MAX ? text : `${text.slice(0, VALUE_LENGTH_MAX)}…`;
}

function toJson(value: unknown): string {
  return JSON.stringify(value, (_name, one: unknown) => {
    if (typeof one === "bigint") return one.toString();
    return one instanceof Uint8Array ? Buffer.from(one).toString("base64") : one;
  });
}

import { deltaClass } from "../../src/delta/delta-class.js";
import {
  boolean,
  bytes,
  dateTime,
  decimal,
  float64,
  guid,
  int32,
  int64,
  json,
  part,
  parts,
  string,
} from "../../src/delta/field-types.js";
import { makeSchema } from "../../src/delta/schema.js";
import type { Entity } from "../../src/edge/entity.js";
import { id } from "./answers.js";

const Street = deltaClass("Street", { name: string() });
const House = deltaClass("House", { number: int32(), street: part(Street) });
export const Thing = deltaClass("Thing", {
  text: string(),
  small: int32(),
  large: int64(),
  real: float64(),
  exact: decimal(),
  flag: boolean(),
  time: dateTime(),
  other: guid(),
  raw: bytes(),
  any: json(),
  houses: parts(House),
});
export const thingsSchema = makeSchema("things1", [Street, House, Thing]);

const empty = Object.fromEntries(Thing.fields.map(({ name }) => [name, null]));

export function thing(n: number, fields: Entity["fields"] = {}, topics: readonly string[] = ["A"]): Entity {
  return {
    deltaClass: Thing,
    techId: id(n),
    updateTime: new Date(1_700_000_000_000 + n),
    topics,
    fields: { ...empty, ...fields },
  };
}

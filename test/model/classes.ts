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
import type { Shapes } from "./oracle.js";

const Room = deltaClass("Room", { label: string(), area: float64() });
const Address = deltaClass("Address", { street: string(), rooms: parts(Room) });
const Phone = deltaClass("Phone", { number: string(), kind: int32() });
/** `labels` are the topics, so that a change of topics is a change of a field (as an application's would be). */
const Party = deltaClass("Party", { labels: json(), name: string(), active: boolean() });
const Person = deltaClass(
  "Person",
  {
    born: dateTime(),
    address: part(Address),
    phones: parts(Phone),
    photo: bytes(),
    friend: guid(),
    balance: decimal(),
    points: int64(),
  },
  { base: Party },
);
const Company = deltaClass("Company", { rating: float64(), sites: parts(Address), extra: json() }, { base: Party });

export const schema = makeSchema("model-1", [Room, Address, Phone, Party, Person, Company]);

/** Gives the topics of an entity, as an application tells them to Entities. */
export function topicsOf({ fields }: { readonly fields: unknown }): readonly string[] {
  return (fields as { labels: readonly string[] }).labels;
}

export const shapes: Shapes = {
  Address: { rooms: { many: true, of: "Room" } },
  Person: { address: { many: false, of: "Address" }, phones: { many: true, of: "Phone" } },
  Company: { sites: { many: true, of: "Address" } },
};

import { describe, expect, it } from "vitest";
import { deltaClass, type DeltaClass } from "../../src/delta/delta-class.js";
import { part, parts, string } from "../../src/delta/field-types.js";
import { makeSchema, parseSchema } from "../../src/delta/schema.js";

const withCode = (code: string): Error => expect.objectContaining({ code }) as Error;

describe("makeSchema", () => {
  const Phone = deltaClass("Phone", { number: string() });
  const Party = deltaClass("Party", { name: string() });
  const Person = deltaClass("Person", { phones: parts(Phone) }, { base: Party });

  it("wants a base class before what derives from it, and parts listed anywhere", () => {
    expect(makeSchema("v1", [Party, Person, Phone]).classes.map(({ name }) => name)).toEqual([
      "Party",
      "Phone",
      "Person",
    ]);
    expect(() => makeSchema("v1", [Phone, Person, Party])).toThrow(withCode("Config"));
    expect(() => makeSchema("v1", [Party, Person])).toThrow(withCode("Config"));
    expect(() => makeSchema("v1", [Phone, Phone])).toThrow(withCode("Config"));
    expect(() => makeSchema("v 1", [Phone])).toThrow(withCode("Config"));
  });

  it("takes each class once, however many ways lead to it", () => {
    let last: DeltaClass = deltaClass("C0", {});
    const classes = [last];
    for (let at = 1; at <= 40; at++)
      classes.push((last = deltaClass(`C${at}`, { left: part(last), right: parts(last) })));
    const schema = makeSchema("v1", classes.reverse());
    expect(parseSchema("v1", schema.text).text).toBe(schema.text);
  });

  it("refuses texts that are no schema", () => {
    for (const text of [
      "",
      "{}",
      "[1]",
      '[{"name":"A","inCache":true,"fields":[["x","part","A"]]}]',
      '[{"name":"A","inCache":true,"fields":[["x","no"]]}]',
    ]) {
      expect(() => parseSchema("v1", text)).toThrow(withCode("DeltaBuffer"));
    }
  });
});

describe("deltaClass", () => {
  it.each(["techId", "TOPICS", "constructor", "__proto__", "toString", "1a", "a b", ""])(
    "refuses a field called %j",
    (name) => {
      expect(() => deltaClass("A", Object.fromEntries([[name, string()]]))).toThrow(withCode("Config"));
    },
  );

  it("refuses names that differ in case only", () => {
    expect(() => deltaClass("A", { name: string(), Name: string() })).toThrow(withCode("Config"));
  });
});

import { expect, it } from "vitest";
import { deltaClass } from "../../../src/delta/delta-class.js";
import { int32, string } from "../../../src/delta/field-types.js";
import { makeSchema } from "../../../src/delta/schema.js";
import { delta, framesOf, givenBy, id, knownSchemas, OneSite } from "../../support/one-site.js";
import { OneProxy } from "./one-proxy.js";

it("R73: what a mother gives in several frames, of several schemas, is one row of the proxy", async () => {
  const LaterCity = deltaClass("City", { name: string(), size: int32(), mayor: string() });
  const later = makeSchema("v2", [LaterCity]);
  knownSchemas.set(later.name, later);
  const mother = await OneSite.start();
  await mother.store.schemas.put(later.name, later.text);
  const fields = { name: "Lima", size: 1, mayor: "Ada" };
  const init = { techId: id(7), updateTime: new Date(0) } as const;
  await mother.append([LaterCity.delta({ ...init, oper: "CREATE", topics: ["B"], fields })], later);
  const proxy = await OneProxy.start(mother, { topics: ["A"] });
  const position = await mother.position();
  // In one transaction of the earlier schema: 7 enters, as FULL by its own schema, and more than one frame holds of others.
  const name = "x".repeat(600_000);
  const create = (number: number) => delta("CREATE", number, { topics: ["A"], fields: { name, size: 1 } });
  const sequence = await mother.append([create(1), create(2), delta("UPDATE", 7, { topics: ["A"] }), create(3)]);
  await proxy.rest();
  const batch = await proxy.fetch("A", position);
  expect(batch.sequence).toBe(sequence);
  const given = givenBy(framesOf(batch.rows));
  expect(given.map((one) => [one.oper, one.id, one.sequence])).toEqual(
    [1, 2, 7, 3].map((at) => ["CREATE", at, sequence]),
  );
  expect(given[2]!.fields).toEqual(fields);
  expect(framesOf(batch.rows).length).toBeGreaterThan(2);
});

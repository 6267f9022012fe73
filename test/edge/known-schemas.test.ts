import { describe, expect, it } from "vitest";
import { deltaClass } from "../../src/delta/delta-class.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import { int32, string } from "../../src/delta/field-types.js";
import { makeSchema } from "../../src/delta/schema.js";
import { Edge } from "../../src/edge/edge.js";
import { endFrame } from "../../src/wire/frames.js";
import { ManualClock } from "../support/manual-clock.js";
import {
  bytesOf,
  entitiesFrame,
  fetchAnswer,
  head,
  id,
  loadAnswer,
  person,
  Person,
  rowFrame,
  schema,
  updateTime,
} from "./answers.js";
import { collect, expectCode } from "./expect-code.js";
import { networkError, ScriptedClient } from "./scripted-client.js";
import { positionFrame } from "../../src/wire/frames.js";

const NewPerson = deltaClass("Person", { size: int32(), name: string() });
const newSchema = makeSchema("v2", [NewPerson]);
const newPerson = (n: number): DeltaObject =>
  NewPerson.delta({
    oper: "CREATE",
    techId: id(n),
    updateTime,
    topics: ["A"],
    fields: { name: "new", size: 3 },
  });
const answerOf = ({ name, text }: typeof schema) => ({ schemaName: name, schemaText: text });

describe("Edge and schemas", () => {
  it("fetches a schema that it does not know, once, and gives its deltas in the application's own classes", async () => {
    const client = new ScriptedClient();
    client.framesAnswers.push(
      bytesOf(
        head(5, { count: 3 }),
        entitiesFrame([newPerson(1)], newSchema),
        entitiesFrame([person(2)]),
        entitiesFrame([newPerson(3)], newSchema),
        endFrame(),
      ),
      bytesOf(head(5), rowFrame(6, [newPerson(4)], newSchema), positionFrame(6, true)),
    );
    client.jsonAnswers.push(answerOf(newSchema));
    const edge = new Edge(client, { schema });
    const deltas = await collect(await edge.fullLoad("A"));
    expect(deltas.map(({ deltaClass, fields }) => [deltaClass === (Person as unknown), fields])).toEqual([
      [true, { name: "new" }],
      [true, { name: "person 2" }],
      [true, { name: "new" }],
    ]);
    expect((await edge.fetchDeltas()).deltas[0]).toMatchObject({ sequence: 6, fields: { name: "new" } });
    expect(client.services).toEqual(["FullLoad", "ReadSchema", "FetchDeltas"]);
    expect(client.requests[1]).toEqual({ service: "ReadSchema", clientId: "c1", schemaName: "v2" });
  });

  it("uses the server's schemas where it was given none", async () => {
    const client = new ScriptedClient();
    client.framesAnswers.push(loadAnswer(5, [person(1), person(2), person(3)]));
    client.jsonAnswers.push(answerOf(schema));
    const deltas = await collect(await new Edge(client).fullLoad("A"));
    expect(deltas.map(({ fields }) => fields)).toEqual([1, 2, 3].map((n) => ({ name: `person ${n}` })));
    expect(deltas[0]!.deltaClass).not.toBe(Person);
    expect(deltas[0]!.deltaClass.fields.map(({ name }) => name)).toEqual(["name", "age", "phones"]);
    expect(deltas[2]!.deltaClass).toBe(deltas[0]!.deltaClass);
  });

  it("asks again for a schema that it did not get", async () => {
    const client = new ScriptedClient();
    const clock = new ManualClock();
    client.framesAnswers.push(loadAnswer(5, []), fetchAnswer(5, [[6, person(1)]]), fetchAnswer(5, [[6, person(1)]]));
    client.jsonAnswers.push(networkError(), answerOf(schema));
    const edge = new Edge(client, { clock });
    await collect(await edge.fullLoad("A"));
    const fetching = edge.fetchDeltas();
    await clock.advance(1_000);
    expect((await fetching).deltas).toMatchObject([{ techId: id(1), sequence: 6 }]);
  });

  it("throws Request for another schema than it asked for, DeltaBuffer for a malformed one", async () => {
    for (const [answer, code] of [
      [answerOf(newSchema), "Request"],
      [{ schemaName: "v1" }, "Request"],
      [{ schemaName: "v1", schemaText: "[" }, "DeltaBuffer"],
    ] as const) {
      const client = new ScriptedClient();
      client.framesAnswers.push(loadAnswer(5, [person(1)]));
      client.jsonAnswers.push(answer);
      await expectCode(collect(await new Edge(client).fullLoad("A")), code);
    }
  });
});

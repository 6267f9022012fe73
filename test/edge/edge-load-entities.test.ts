import { describe, expect, it } from "vitest";
import { Edge } from "../../src/edge/edge.js";
import { fetchAnswer, id, loadAnswer, packed, person, schema, stampedAnswer } from "./answers.js";
import { collect, expectCode } from "./expect-code.js";
import { networkError, ScriptedClient } from "./scripted-client.js";

/** A registered Edge that has loaded A at sequence-number 5. */
async function loaded(): Promise<{ edge: Edge; client: ScriptedClient }> {
  const client = new ScriptedClient();
  client.jsonAnswers.push({ session: 4 });
  client.framesAnswers.push(stampedAnswer(5, [person(1)]));
  const edge = new Edge(client, { schema, tracking: "registration" });
  await collect(await edge.fullLoad("A"));
  client.requests.length = 0;
  return { edge, client };
}

const position = { epoch: "e1", sequence: 5, stamp: "s5" };
const changed = (n: number) => person(n, { oper: "UPDATE" });

describe("Edge.loadEntities", () => {
  it("R45: names the entities, and brings those given; slice and position stay as they are", async () => {
    const { edge, client } = await loaded();
    client.framesAnswers.push(stampedAnswer(9, [person(2)], { gone: [id(3)] }, { stamp: "s5" }));
    const load = await edge.loadEntities([id(2), id(3)]);
    expect([load.sequence, load.count, load.gone]).toEqual([9, 1, [id(3)]]);
    expect((await collect(load)).map(({ techId }) => techId)).toEqual([id(2)]);
    expect([edge.position, edge.topicsSlice]).toEqual([position, "A"]);
    expect(client.requests).toEqual([
      {
        service: "LoadEntities",
        clientId: "c1",
        tracking: "registration",
        session: 4,
        command: 2,
        topicsSlice: "A",
        position,
        techIds: packed(id(2), id(3)),
      },
    ]);
  });

  it("R45: leaves out other deltas of what was brought, up to there", async () => {
    const { edge, client } = await loaded();
    client.framesAnswers.push(stampedAnswer(7, [person(2)], { gone: [id(3)] }, { stamp: "s5" }));
    await collect(await edge.loadEntities([id(2), id(3)]));
    const rows = [6, 8].map((sequence) => [sequence, changed(1), changed(2), changed(3)] as const);
    client.framesAnswers.push(fetchAnswer(5, rows));
    const { deltas } = await edge.fetchDeltas();
    expect(deltas.map(({ sequence, techId }) => [sequence, techId])).toEqual([
      [6, id(1)],
      [6, id(3)],
      [8, id(1)],
      [8, id(2)],
      [8, id(3)],
    ]);
  });

  it("R45: leaves nothing out where the answer was not read to its end", async () => {
    const { edge, client } = await loaded();
    const whole = stampedAnswer(7, [person(2), person(3)], {}, { stamp: "s5" });
    client.framesAnswers.push(whole.subarray(0, whole.length - 5), fetchAnswer(5, [[6, changed(2)]]));
    await expectCode(collect(await edge.loadEntities([id(2), id(3)])), "Network");
    expect((await edge.fetchDeltas()).deltas).toHaveLength(1);
  });

  it("R45: refuses an answer of another epoch, and one from before the position", async () => {
    for (const [code, answer] of [
      ["EpochChanged", stampedAnswer(7, [], {}, { epoch: "e2" })],
      ["Request", stampedAnswer(4, [])],
    ] as const) {
      const { edge, client } = await loaded();
      client.framesAnswers.push(answer);
      await expectCode(edge.loadEntities([id(2)]), code);
      expect(edge.position).toEqual(position);
    }
  });

  it("works without registration, and rejects before a load, for what is no tech-id, and as the answer does", async () => {
    const client = new ScriptedClient();
    const edge = new Edge(client, { schema, tracking: "none" });
    await expectCode(edge.loadEntities([id(1)]), "Request");
    client.framesAnswers.push(loadAnswer(5, []), networkError(), loadAnswer(6, [person(2)]));
    await collect(await edge.fullLoad("A"));
    await expectCode(edge.loadEntities(["x"]), "Request");
    await expectCode(edge.loadEntities([id(2)]), "Network");
    expect(await collect(await edge.loadEntities([id(2)]))).toHaveLength(1);
    expect(edge.sequence).toBe(5);
  });
});

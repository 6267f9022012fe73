import { describe, expect, it } from "vitest";
import { TopicsSliceError } from "../../src/base/errors.js";
import { Edge } from "../../src/edge/edge.js";
import { endFrame, errorFrame } from "../../src/wire/frames.js";
import { PermissionError } from "../../src/base/errors.js";
import { bytesOf, entitiesFrame, head, id, loadAnswer, person, rowFrame, schema } from "./answers.js";
import { collect, expectCode } from "./expect-code.js";
import { networkError, pieces, ScriptedClient } from "./scripted-client.js";

const people = [1, 2, 3].map((n) => person(n));

function edgeWith(...answers: ScriptedClient["framesAnswers"]): { edge: Edge; client: ScriptedClient } {
  const client = new ScriptedClient();
  client.framesAnswers.push(...answers);
  return { client, edge: new Edge(client, { schema }) };
}

describe("Edge.fullLoad", () => {
  it("names slice, client and mode, and gives the entities with their count and sequence-number", async () => {
    const { edge, client } = edgeWith(loadAnswer(7, people));
    const load = await edge.fullLoad(" A+B ");
    expect(client.requests).toEqual([
      { service: "FullLoad", clientId: "c1", tracking: "transition", topicsSlice: "A+B" },
    ]);
    expect([load.sequence, load.count, load.gone]).toEqual([7, 3, []]);
    const deltas = await collect(load);
    expect(deltas.map(({ oper, techId, fields }) => [oper, techId, fields])).toEqual(
      [1, 2, 3].map((n) => ["CREATE", id(n), { name: `person ${n}` }]),
    );
  });

  it("R2: moves the position when the iterator finishes, and not before", async () => {
    const { edge } = edgeWith(loadAnswer(7, people));
    const load = await edge.fullLoad("A");
    for await (const delta of load) {
      expect(delta.deltaClass.name).toBe("Person");
      expect([edge.position, edge.topicsSlice, edge.sequence]).toEqual([undefined, undefined, 0]);
    }
    expect([edge.position, edge.topicsSlice, edge.sequence]).toEqual([{ epoch: "e1", sequence: 7 }, "A", 7]);
    expect(edge.connectedToCenter).toBe(true);
  });

  it("leaves the position and cancels the request when the loop is broken off", async () => {
    const { edge, client } = edgeWith(loadAnswer(7, people), loadAnswer(8, people));
    for await (const delta of await edge.fullLoad("A")) {
      expect(delta.techId).toBe(id(1));
      break;
    }
    expect(client.signals[0]!.aborted).toBe(true);
    expect(edge.position).toBeUndefined();
    await collect(await edge.fullLoad("A"));
    expect(edge.sequence).toBe(8);
  });

  it("gives batches as they arrive", async () => {
    const { edge } = edgeWith(loadAnswer(7, people));
    const batches = await collect((await edge.fullLoad("A")).batches());
    expect(batches.map((batch) => batch.length)).toEqual([2, 1]);
  });

  it("can be iterated once", async () => {
    const { edge } = edgeWith(loadAnswer(7, people));
    const load = await edge.fullLoad("A");
    await collect(load);
    await expectCode(collect(load), "Request");
  });

  it("gives way to the next operation when it is cancelled", async () => {
    const { edge, client } = edgeWith(loadAnswer(7, people), loadAnswer(8, []));
    (await edge.fullLoad("A")).cancel();
    expect(client.signals[0]!.aborted).toBe(true);
    await collect(await edge.fullLoad("A"));
    expect(edge.sequence).toBe(8);
  });

  it("gives the same whatever the pieces in which the bytes arrive", async () => {
    const bytes = loadAnswer(7, people);
    for (let size = 1; size <= bytes.length; size++) {
      const cut = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.slice(at * size, (at + 1) * size),
      );
      const { edge } = edgeWith(cut);
      expect((await collect(await edge.fullLoad("A"))).map(({ techId }) => techId)).toEqual([1, 2, 3].map(id));
      expect(edge.sequence).toBe(7);
    }
  });

  it("R2: throws Network where the answer is cut short, at whatever byte, and stays where it was", async () => {
    const bytes = loadAnswer(7, people);
    for (let length = 0; length < bytes.length; length++) {
      const { edge } = edgeWith(bytes.slice(0, length));
      await expectCode((async () => collect(await edge.fullLoad("A")))(), "Network");
      expect(edge.position).toBeUndefined();
      expect(edge.connectedToCenter).toBe(false);
    }
  });

  it("throws Request where the entities are not as many as announced", async () => {
    for (const count of [2, 4]) {
      const { edge } = edgeWith(loadAnswer(7, people, { count }));
      await expectCode((async () => collect(await edge.fullLoad("A")))(), "Request");
      expect(edge.position).toBeUndefined();
    }
  });

  it("throws Request for what does not follow the protocol", async () => {
    const answers: Record<string, Uint8Array> = {
      "no HEAD": entitiesFrame(people),
      "no count": bytesOf(head(7), endFrame()),
      "a negative count": bytesOf(head(7, { count: -1 }), endFrame()),
      "a row": bytesOf(head(7, { count: 1 }), rowFrame(8, people.slice(0, 1)), endFrame()),
      "another oper": loadAnswer(7, [person(1, { oper: "UPDATE" })]),
      "bytes behind the end": bytesOf(loadAnswer(7, people), Uint8Array.of(1)),
      "a frame behind the end": bytesOf(loadAnswer(7, people), endFrame()),
    };
    for (const [what, answer] of Object.entries(answers)) {
      const { edge } = edgeWith(answer);
      const load = (async () => collect(await edge.fullLoad("A")))();
      await expect(load, what).rejects.toMatchObject({ code: "Request" });
      expect(edge.position).toBeUndefined();
    }
  });

  it("throws the error that the server put into the answer, in its class", async () => {
    const error = new PermissionError("no");
    const inside = edgeWith(bytesOf(head(7, { count: 1 }), errorFrame(error)));
    await expect(collect(await inside.edge.fullLoad("A"))).rejects.toBeInstanceOf(PermissionError);
    const first = edgeWith(errorFrame(error));
    await expect(first.edge.fullLoad("A")).rejects.toBeInstanceOf(PermissionError);
    const refused = edgeWith(error);
    await expect(refused.edge.fullLoad("A")).rejects.toBe(error);
  });

  it("refuses what is no slice without asking", async () => {
    const { edge, client } = edgeWith();
    await expect(edge.fullLoad("A+")).rejects.toBeInstanceOf(TopicsSliceError);
    expect(client.requests).toEqual([]);
  });

  it("goes on after a load that failed", async () => {
    const { edge } = edgeWith(networkError(), loadAnswer(7, people));
    await expectCode(edge.fullLoad("A"), "Network");
    expect(await collect(await edge.fullLoad("A"))).toHaveLength(3);
  });

  it("rejects with Closed when its signal aborts, whether or not the client heeds it", async () => {
    const waiting = edgeWith();
    const first = new AbortController();
    const opening = waiting.edge.fullLoad("A", { signal: first.signal });
    first.abort();
    await expectCode(opening, "Closed");

    const hanging = edgeWith(neverEnding(head(7, { count: 3 })));
    const second = new AbortController();
    const load = collect(await hanging.edge.fullLoad("A", { signal: second.signal }));
    second.abort();
    await expectCode(load, "Closed");
    expect(hanging.edge.position).toBeUndefined();
  });
});

async function* neverEnding(...first: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces(first);
  await new Promise(() => undefined);
}

describe("Edge.skipLoad", () => {
  it("goes on from a position without a load", async () => {
    const { edge, client } = edgeWith();
    client.jsonAnswers.push({ position: { epoch: "e1", sequence: 7 } });
    await edge.skipLoad("A", { epoch: "e1", sequence: 7 });
    expect(client.requests[0]).toMatchObject({
      service: "SkipLoad",
      topicsSlice: "A",
      position: { epoch: "e1", sequence: 7 },
    });
    expect([edge.position, edge.topicsSlice]).toEqual([{ epoch: "e1", sequence: 7 }, "A"]);
  });

  it("stays where it was when the server refuses or answers nonsense", async () => {
    const { edge, client } = edgeWith(loadAnswer(3, []));
    await collect(await edge.fullLoad("A"));
    client.jsonAnswers.push(new PermissionError("no"), { position: { epoch: "e1" } });
    await expect(edge.skipLoad("B", { epoch: "e1", sequence: 7 })).rejects.toBeInstanceOf(PermissionError);
    await expectCode(edge.skipLoad("B", { epoch: "e1", sequence: 7 }), "Request");
    expect([edge.sequence, edge.topicsSlice]).toEqual([3, "A"]);
  });
});

describe("Edge", () => {
  it("does one operation at a time", async () => {
    const { edge } = edgeWith(loadAnswer(7, people));
    const load = await edge.fullLoad("A");
    await expectCode(edge.fullLoad("A"), "Request");
    await expectCode(edge.fetchDeltas(), "Request");
    await expectCode(edge.skipLoad("A", { epoch: "e1", sequence: 1 }), "Request");
    await expectCode(edge.deltas().next(), "Request");
    expect(await collect(load)).toHaveLength(3);
  });

  it("ends what runs when it is closed, and refuses what comes", async () => {
    const { edge, client } = edgeWith();
    const load = edge.fullLoad("A");
    await edge.close();
    await expectCode(load, "Closed");
    await expectCode(edge.fullLoad("A"), "Closed");
    await expectCode(edge.fetchDeltas(), "Closed");
    await expectCode(edge.deltas().next(), "Closed");
    await edge.close();
    expect(client.closed).toBe(1);
  });
});

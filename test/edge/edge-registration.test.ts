import { describe, expect, it } from "vitest";
import { LiveDistError, NotRegisteredError } from "../../src/base/errors.js";
import { TECH_IDS_MAX } from "../../src/base/limits.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import { Edge } from "../../src/edge/edge.js";
import type { Request } from "../../src/wire/requests.js";
import { errorFrame } from "../../src/wire/frames.js";
import { batchFrames, fetchAnswer, head, id, packed, person, schema, stampedAnswer } from "./answers.js";
import { collect, expectCode } from "./expect-code.js";
import { networkError, pieces, ScriptedClient, ScriptedStream } from "./scripted-client.js";

interface Registered {
  readonly edge: Edge;
  readonly client: ScriptedClient;
}

function registered(transport: "stream" | "poll" = "poll"): Registered {
  const client = new ScriptedClient(transport);
  client.jsonAnswers.push({ session: 4 });
  return { client, edge: new Edge(client, { schema, tracking: "registration" }) };
}

/** A registered Edge that has loaded at sequence-number 5: session 4, command 1, stamp s5. */
async function loaded(transport?: "stream" | "poll"): Promise<Registered> {
  const { edge, client } = registered(transport);
  client.framesAnswers.push(stampedAnswer(5, [person(1)]));
  await collect(await edge.fullLoad("A"));
  client.requests.length = 0;
  return { edge, client };
}

const standing5 = { epoch: "e1", sequence: 5, stamp: "s5" };
const named = { clientId: "c1", tracking: "registration", session: 4 };
const told = (deltas: readonly DeltaObject[]): unknown[] => deltas.map((d) => [d.sequence, d.oper, d.techId]);
const commandsOf = (requests: readonly Request[]): unknown[] =>
  requests.map((request) => "command" in request && [request.session, request.command]);

describe("a registered Edge", () => {
  it("R19, R22: begins a session before its first request and names it in each, with its stamp", async () => {
    const { edge, client } = registered();
    client.framesAnswers.push(stampedAnswer(5, [person(1)]), fetchAnswer(5, [[6, person(1)]]), fetchAnswer(6, [], 7));
    await collect(await edge.fullLoad("A"));
    await edge.fetchDeltas();
    await edge.fetchDeltas();
    expect(client.requests).toEqual([
      { service: "BeginSession", clientId: "c1" },
      { service: "FullLoad", ...named, topicsSlice: "A", command: 1 },
      { service: "FetchDeltas", ...named, topicsSlice: "A", position: standing5, waitMsMax: 30_000 },
      {
        service: "FetchDeltas",
        ...named,
        topicsSlice: "A",
        position: { ...standing5, sequence: 6 },
        waitMsMax: 30_000,
      },
    ]);
    expect(edge.position).toEqual({ ...standing5, sequence: 7 });
  });

  it("R21: numbers each command anew, also one that was not answered", async () => {
    const { edge, client } = await loaded();
    client.framesAnswers.push(networkError(), networkError(), stampedAnswer(9, []));
    client.jsonAnswers.push(networkError(), { sequence: 8 });
    await expectCode(edge.fullLoad("A"), "Network");
    await expectCode(edge.partialLoad("B"), "Network");
    await expectCode(edge.unregisterEntities([id(1)], 5), "Network");
    await edge.unregisterEntities([id(1)], 5);
    await collect(await edge.syncLoad([], "A"));
    expect(commandsOf(client.requests)).toEqual([2, 3, 4, 5, 6].map((command) => [4, command]));
  });

  it("R38: begins another session, its commands from 1, in another epoch or a log that was set back", async () => {
    for (const code of ["EpochChanged", "FutureSequence"] as const) {
      const { edge, client } = await loaded();
      client.framesAnswers.push(new LiveDistError(code, "x"), stampedAnswer(2, [], {}, { epoch: "e2" }));
      client.jsonAnswers.push({ session: 1 });
      await expectCode(edge.fetchDeltas(), code);
      await collect(await edge.fullLoad("A"));
      expect(client.services).toEqual(["FetchDeltas", "BeginSession", "FullLoad"]);
      expect(commandsOf(client.requests.slice(-1))).toEqual([[1, 1]]);
      expect(edge.position).toEqual({ epoch: "e2", sequence: 2, stamp: "s2" });
    }
  });

  it("sends a command that something on the way has sent twice once more, as a new one", async () => {
    const { edge, client } = await loaded();
    const stale = new LiveDistError("StaleCommand", "x");
    client.framesAnswers.push(stale, errorFrame(stale), stale, stampedAnswer(9, []));
    await expectCode(edge.fullLoad("A"), "StaleCommand");
    await collect(await edge.fullLoad("A"));
    client.jsonAnswers.push(stale, { sequence: 11 });
    await edge.unregisterEntities([id(1)], 9);
    expect(commandsOf(client.requests)).toEqual([2, 3, 4, 5, 6, 7].map((command) => [4, command]));
  });

  it("R19: keeps its session through other errors, StaleCommand too: who was fenced does not push back", async () => {
    const { edge, client } = await loaded();
    client.framesAnswers.push(
      new NotRegisteredError("x"),
      new LiveDistError("StaleCommand", "x"),
      new LiveDistError("StaleCommand", "x"),
      new LiveDistError("StaleCommand", "x"),
    );
    await expect(edge.fetchDeltas()).rejects.toBeInstanceOf(NotRegisteredError);
    await expectCode(edge.fetchDeltas(), "StaleCommand");
    await expectCode(edge.fullLoad("A"), "StaleCommand");
    expect(client.services).not.toContain("BeginSession");
  });

  it("rejects where it gets no session or no stamp", async () => {
    const noSession = registered();
    noSession.client.jsonAnswers.unshift(networkError(), {});
    await expectCode(noSession.edge.fullLoad("A"), "Network");
    await expectCode(noSession.edge.fullLoad("A"), "Request");
    const noStamp = registered();
    noStamp.client.framesAnswers.push(stampedAnswer(5, [], {}, { stamp: undefined as unknown as string }));
    await expectCode(noStamp.edge.fullLoad("A"), "Request");
  });

  it("R22, R32: goes on with skipLoad from a stored position, whose stamp it keeps", async () => {
    const { edge, client } = registered();
    client.jsonAnswers.push({ position: { epoch: "e1", sequence: 5 } });
    await edge.skipLoad("A", standing5);
    expect(client.requests[1]).toEqual({ service: "SkipLoad", ...named, topicsSlice: "A", position: standing5 });
    expect(edge.position).toEqual(standing5);
  });
});

describe("Edge.partialLoad", () => {
  const answer = stampedAnswer(9, [person(2)], {
    rows: [
      [6, person(1, { oper: "UPDATE" })],
      [6, person(3)],
      [8, person(3, { oper: "DELETE" })],
    ],
  });

  it("gives the deltas owed, then the entities, and changes slice and position at its end", async () => {
    const { edge, client } = await loaded();
    client.framesAnswers.push(answer);
    const load = await edge.partialLoad(" B ");
    expect(client.requests).toEqual([
      { service: "PartialLoad", ...named, topicsSlice: "A", newTopicsSlice: "B", position: standing5, command: 2 },
    ]);
    expect([load.sequence, load.count, load.gone]).toEqual([9, 1, []]);
    expect([edge.topicsSlice, edge.position]).toEqual(["A", standing5]);
    expect(told(await collect(load))).toEqual([
      [6, "UPDATE", id(1)],
      [6, "CREATE", id(3)],
      [8, "DELETE", id(3)],
      [undefined, "CREATE", id(2)],
    ]);
    expect([edge.topicsSlice, edge.position]).toEqual(["B", { epoch: "e1", sequence: 9, stamp: "s9" }]);
  });

  it("R2: keeps slice and position where it was cut short, at whatever byte", async () => {
    for (let length = 0; length < answer.length; length++) {
      const { edge, client } = await loaded();
      client.framesAnswers.push(answer.slice(0, length));
      await expectCode((async () => collect(await edge.partialLoad("B")))(), "Network");
      expect([edge.topicsSlice, edge.position]).toEqual(["A", standing5]);
    }
  });

  it("refuses what does not go on from the position", async () => {
    const owed = (sequence: number): Uint8Array => stampedAnswer(9, [], { rows: [[sequence, person(1)]] });
    for (const [bytes, code] of [
      [owed(5), "Request"],
      [owed(10), "Request"],
      [stampedAnswer(4, []), "Request"],
      [stampedAnswer(9, [], {}, { epoch: "e2" }), "EpochChanged"],
      [stampedAnswer(9, [], { gone: [id(1)] }), "Request"],
    ] as const) {
      const { edge, client } = await loaded();
      client.framesAnswers.push(bytes);
      await expectCode((async () => collect(await edge.partialLoad("B")))(), code);
    }
  });

  it("works in the other modes, without session and stamp, and wants a load first", async () => {
    for (const tracking of ["transition", "none"] as const) {
      const client = new ScriptedClient();
      const edge = new Edge(client, { schema, tracking });
      await expectCode(edge.partialLoad("B"), "Request");
      const noStamp = { stamp: undefined as unknown as string };
      client.framesAnswers.push(stampedAnswer(5, [], {}, noStamp), stampedAnswer(6, [], {}, noStamp));
      await collect(await edge.fullLoad("A"));
      await collect(await edge.partialLoad("B"));
      expect(client.requests[1]).toEqual({
        service: "PartialLoad",
        clientId: "c1",
        tracking,
        topicsSlice: "A",
        newTopicsSlice: "B",
        position: { epoch: "e1", sequence: 5 },
      });
      expect([edge.topicsSlice, edge.position]).toEqual(["B", { epoch: "e1", sequence: 6 }]);
    }
  });
});

describe("Edge.syncLoad", () => {
  it("names slice and position", async () => {
    const { edge, client } = registered();
    client.framesAnswers.push(stampedAnswer(9, [person(2)]));
    const load = await edge.syncLoad("A", standing5);
    expect(client.requests[1]).toEqual({
      service: "SyncLoad",
      ...named,
      topicsSlice: "A",
      position: standing5,
      command: 1,
    });
    expect(told(await collect(load))).toEqual([[undefined, "CREATE", id(2)]]);
    expect([edge.topicsSlice, edge.position]).toEqual(["A", { epoch: "e1", sequence: 9, stamp: "s9" }]);
  });

  it("names a time, and on which load a registered client stands", async () => {
    const { edge, client } = await loaded();
    client.framesAnswers.push(stampedAnswer(9, []), stampedAnswer(9, []));
    await edge.syncLoad("A", new Date(1_000)).then(collect);
    expect(client.requests[0]).toMatchObject({ updatedSinceMs: 1_000, position: standing5 });
    const other = new Edge(client, { schema });
    await other.syncLoad("A", new Date(1_000)).then(collect);
    expect(client.requests[1]).toEqual({
      service: "SyncLoad",
      clientId: "c1",
      tracking: "transition",
      topicsSlice: "A",
      updatedSinceMs: 1_000,
    });
  });

  it("names the tech-ids held, from wherever they come, and says at once which ones are gone", async () => {
    const ids = [id(1), id(2).toUpperCase(), id(3)];
    for (const techIds of [ids, new Set(ids), pieces(ids as never) as never as AsyncIterable<string>]) {
      const { edge, client } = registered();
      client.framesAnswers.push(stampedAnswer(9, [person(2)], { gone: [id(1), id(3)] }));
      const load = await edge.syncLoad(techIds, "A", standing5);
      expect(load.gone).toEqual([id(1), id(3)]);
      expect(client.requests[1]).toMatchObject({ position: standing5, techIds: packed(id(1), id(2), id(3)) });
      expect(await collect(load)).toHaveLength(1);
    }
  });

  it("names no position where it has none, and no tech-ids where it holds nothing", async () => {
    const { edge, client } = registered();
    client.framesAnswers.push(stampedAnswer(9, []));
    await edge.syncLoad([], "A").then(collect);
    expect(client.requests[1]).toEqual({
      service: "SyncLoad",
      ...named,
      topicsSlice: "A",
      command: 1,
      techIds: new Uint8Array(0),
    });
  });

  it("refuses what is no tech-id, slice, position or Date, and goes on", async () => {
    const { edge, client } = registered();
    const calls: (() => Promise<unknown>)[] = [
      () => edge.syncLoad([id(1), "x"], "A"),
      () => edge.syncLoad([id(1)], undefined as unknown as string),
      () => edge.syncLoad("A", undefined as unknown as Date),
      () => edge.syncLoad("A", "B" as unknown as Date),
      () => edge.syncLoad("A", new Date(NaN)),
      () => edge.syncLoad([id(1)], "A", 7 as unknown as Date),
    ];
    for (const call of calls) await expectCode(call(), "Request");
    await expectCode(edge.syncLoad([], "A+"), "TopicsSlice");
    expect(client.services.filter((service) => service === "SyncLoad")).toEqual([]);
  });

  it("refuses more tech-ids than one request may have", async () => {
    const { edge } = registered();
    const many = (function* () {
      for (let n = 0; n <= TECH_IDS_MAX; n++) yield id(1);
    })();
    await expectCode(edge.syncLoad(many, "A"), "Limit");
  });

  it("throws Request where tech-ids are said to be gone that were not named", async () => {
    for (const techIds of [[], [id(1)]]) {
      const { edge, client } = registered();
      client.framesAnswers.push(stampedAnswer(9, [], { gone: [id(1), id(2)] }));
      const sync = async (): Promise<unknown> => collect(await edge.syncLoad(techIds, "A"));
      await expectCode(sync(), "Request");
    }
  });
});

describe("Edge.selectMinus", () => {
  it("gives classes and tech-ids, before any load, and changes nothing", async () => {
    const { edge, client } = registered();
    client.framesAnswers.push(
      stampedAnswer(
        9,
        [1, 2].map((n) => person(n, { oper: "DELETE" })),
        {},
        { stamp: undefined as unknown as string },
      ),
    );
    const minus = await edge.selectMinus("A+B", "B");
    expect(minus.map(({ deltaClass, techId }) => [deltaClass.name, techId])).toEqual([
      ["Person", id(1)],
      ["Person", id(2)],
    ]);
    expect(client.requests).toEqual([
      { service: "SelectMinus", clientId: "c1", oldTopicsSlice: "A+B", newTopicsSlice: "B" },
    ]);
    expect(edge.position).toBeUndefined();
  });

  it("throws Request for entities that are not named as DELETE", async () => {
    const { edge, client } = registered();
    client.framesAnswers.push(stampedAnswer(9, [person(1)]));
    await expectCode(edge.selectMinus("A", "B"), "Request");
  });
});

describe("Edge.registerEntities", () => {
  it("lets the next batch bring the answer, over polls and streams", async () => {
    for (const transport of ["poll", "stream"] as const) {
      const { edge, client } = await loaded(transport);
      client.framesAnswers.push(stampedAnswer(9, [person(2)], { gone: [id(3)] }));
      await edge.registerEntities([id(1), id(3)]);
      expect(client.requests).toEqual([
        {
          service: "SyncLoad",
          ...named,
          topicsSlice: "A",
          position: standing5,
          command: 2,
          techIds: packed(id(1), id(3)),
        },
      ]);
      expect(edge.position).toEqual(standing5);
      client.streams.push(new ScriptedStream(head(9), ...batchFrames([[10, person(4)]], 10)));
      client.framesAnswers.push(fetchAnswer(9, [[10, person(4)]]));
      const batches = edge.deltas();
      const first = (await batches.next()).value!;
      expect([first.sequence, told(first.deltas), first.gone]).toEqual([9, [[undefined, "CREATE", id(2)]], [id(3)]]);
      expect(edge.position).toEqual({ epoch: "e1", sequence: 9, stamp: "s9" });
      const second = (await batches.next()).value!;
      expect([second.sequence, told(second.deltas), second.gone]).toEqual([10, [[10, "CREATE", id(4)]], []]);
      expect(edge.position).toEqual({ epoch: "e1", sequence: 10, stamp: "s9" });
    }
  });

  it("gives the answer to fetchDeltas once, also where it says only what is gone", async () => {
    const { edge, client } = await loaded();
    client.framesAnswers.push(stampedAnswer(9, [], { gone: [id(1)] }), fetchAnswer(9, [], 10));
    await edge.registerEntities([id(1)]);
    expect(await edge.fetchDeltas()).toEqual({ sequence: 9, deltas: [], gone: [id(1)] });
    expect(await edge.fetchDeltas()).toEqual({ sequence: 10, deltas: [], gone: [] });
  });

  it("is forgotten where a load or a skipLoad takes its place before the next batch", async () => {
    const { edge, client } = await loaded();
    client.framesAnswers.push(stampedAnswer(9, [person(2)]), stampedAnswer(10, []), fetchAnswer(10, [], 11));
    await edge.registerEntities([id(1)]);
    await collect(await edge.fullLoad("A"));
    expect(await edge.fetchDeltas()).toEqual({ sequence: 11, deltas: [], gone: [] });
  });

  it("rejects itself with what goes wrong, and stays where it was", async () => {
    const { edge, client } = await loaded();
    client.framesAnswers.push(stampedAnswer(9, [person(2)]).slice(0, -3), fetchAnswer(5, [], 6));
    await expectCode(edge.registerEntities([id(1)]), "Network");
    expect(await edge.fetchDeltas()).toEqual({ sequence: 6, deltas: [], gone: [] });
  });
});

describe("Edge.unregisterEntities", () => {
  it("R33: names position and tech-ids, and skips up to where it took effect, but for what is given anew there", async () => {
    const { edge, client } = await loaded();
    client.jsonAnswers.push({ sequence: 8 });
    expect(await edge.unregisterEntities([id(1).toUpperCase(), id(2)], 5)).toBe(8);
    expect(client.requests).toEqual([
      {
        service: "UnregisterEntities",
        ...named,
        topicsSlice: "A",
        position: standing5,
        command: 2,
        techIds: packed(id(1), id(2)),
      },
    ]);
    const full = person(2, { oper: "FULL", forThisClientAlone: true });
    client.framesAnswers.push(
      fetchAnswer(5, [[6, person(1, { oper: "UPDATE" }), person(3)]]),
      fetchAnswer(6, [
        [8, person(2, { oper: "UPDATE" }), full],
        [9, person(1), person(2, { oper: "UPDATE" })],
      ]),
    );
    expect(told((await edge.fetchDeltas()).deltas)).toEqual([[6, "CREATE", id(3)]]);
    expect(told((await edge.fetchDeltas()).deltas)).toEqual([
      [8, "FULL", id(2)],
      [9, "CREATE", id(1)],
      [9, "UPDATE", id(2)],
    ]);
  });

  it("R33: skips in what a stream and a PartialLoad bring, too, and moves the position all the same", async () => {
    const { edge, client } = await loaded("stream");
    client.jsonAnswers.push({ sequence: 9 });
    await edge.unregisterEntities([id(1)], 5);
    client.streams.push(new ScriptedStream(head(5), ...batchFrames([[6, person(1)]], 6), ...batchFrames([], 7)));
    const batches = edge.deltas({ emptyBatches: true });
    expect((await batches.next()).value).toEqual({ sequence: 6, deltas: [], gone: [] });
    await batches.return();
    client.framesAnswers.push(
      stampedAnswer(10, [person(1)], {
        rows: [
          [8, person(1)],
          [10, person(1)],
        ],
      }),
    );
    expect(told(await collect(await edge.partialLoad("B")))).toEqual([
      [10, "CREATE", id(1)],
      [undefined, "CREATE", id(1)],
    ]);
  });

  it("R33: skips again for who goes back to the position before, and no more once the position has passed", async () => {
    const { edge, client } = await loaded();
    client.jsonAnswers.push({ sequence: 6 }, { position: standing5 }, { position: standing5 });
    await edge.unregisterEntities([id(1)], 5);
    const answer = (): Uint8Array => fetchAnswer(5, [[6, person(1)]]);
    client.framesAnswers.push(answer(), answer(), fetchAnswer(6, [], 7), answer());
    expect((await edge.fetchDeltas()).deltas).toEqual([]);
    await edge.skipLoad("A", standing5);
    expect((await edge.fetchDeltas()).deltas).toEqual([]);
    await edge.fetchDeltas();
    await edge.skipLoad("A", standing5);
    expect((await edge.fetchDeltas()).deltas).toHaveLength(1);
  });

  it("R33: skips nothing any more after a FullLoad or a SyncLoad with tech-ids", async () => {
    const loads: ((edge: Edge) => Promise<unknown>)[] = [
      async (edge) => collect(await edge.fullLoad("A")),
      async (edge) => collect(await edge.syncLoad([], "A")),
      async (edge) => {
        await edge.registerEntities([]);
        await edge.fetchDeltas();
      },
    ];
    for (const load of loads) {
      const { edge, client } = await loaded();
      client.jsonAnswers.push({ sequence: 100 });
      await edge.unregisterEntities([id(1)], 5);
      client.framesAnswers.push(stampedAnswer(9, []), fetchAnswer(9, [[10, person(1)]]));
      await load(edge);
      expect((await edge.fetchDeltas()).deltas).toHaveLength(1);
    }
  });

  it("skips nothing where it was not answered", async () => {
    const { edge, client } = await loaded();
    client.jsonAnswers.push(networkError(), {});
    await expectCode(edge.unregisterEntities([id(1)], 5), "Network");
    await expectCode(edge.unregisterEntities([id(1)], 5), "Request");
    client.framesAnswers.push(fetchAnswer(5, [[6, person(1)]]));
    expect((await edge.fetchDeltas()).deltas).toHaveLength(1);
  });

  it("is, like registerEntities, for registered clients that have loaded", async () => {
    const { edge } = registered();
    await expectCode(edge.unregisterEntities([id(1)], 5), "Request");
    await expectCode(edge.registerEntities([id(1)]), "Request");
    const transition = new Edge(new ScriptedClient(), { schema });
    await expectCode(transition.unregisterEntities([id(1)], 5), "Request");
    await expectCode(transition.registerEntities([id(1)]), "Request");
  });
});

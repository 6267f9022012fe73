import { describe, expect, it } from "vitest";
import type { ErrorCode } from "../../src/base/error-codes.js";
import {
  ClientDisabledError,
  LiveDistError,
  PermissionError,
  SequenceTooOldError,
  fromWireError,
} from "../../src/base/errors.js";
import { STREAM_BATCH_ROWS_MAX } from "../../src/base/limits.js";
import { CopyFailedError } from "../../src/edge/copy-failed-error.js";
import { Edge } from "../../src/edge/edge.js";
import type { CopyChanges, EntityCopy } from "../../src/edge/entity-copy.js";
import { MapCopy } from "../../src/edge/map-copy.js";
import { Replica } from "../../src/edge/replica.js";
import type { ReplicaChange } from "../../src/edge/replica-change.js";
import { STORE_POSITION_MS } from "../../src/edge/kept-copy.js";
import { positionFrame } from "../../src/wire/frames.js";
import { ManualClock, settle } from "../support/manual-clock.js";
import { batchFrames, bytesOf, entitiesFrame, head, id, loadAnswer, person, schema } from "./answers.js";
import { expectCode } from "./expect-code.js";
import { networkError, ScriptedClient, ScriptedStream } from "./scripted-client.js";

interface Setup<C extends EntityCopy> {
  readonly client: ScriptedClient;
  readonly clock: ManualClock;
  readonly edge: Edge;
  readonly copy: C;
  readonly replica: Replica<C>;
  readonly states: string[];
  readonly changes: ReplicaChange[];
  readonly errors: unknown[];
}

function setUp(): Setup<MapCopy>;
function setUp<C extends EntityCopy>(copy: C, slice?: string): Setup<C>;
function setUp(copy: EntityCopy = new MapCopy(), slice = "A"): Setup<EntityCopy> {
  const client = new ScriptedClient("stream");
  const clock = new ManualClock();
  const edge = new Edge(client, { schema, clock, random: () => 1 });
  const replica = new Replica(edge, { slice, copy, clock, random: () => 1 });
  const setup = {
    client,
    clock,
    edge,
    copy,
    replica,
    states: [] as string[],
    changes: [] as ReplicaChange[],
    errors: [] as unknown[],
  };
  replica.on("state", (state) => setup.states.push(state));
  replica.on("change", (change) => setup.changes.push(change));
  replica.on("error", (error) => setup.errors.push(error));
  return setup;
}

const people = [1, 2, 3].map((n) => person(n));

/** A replica that has loaded three people at sequence-number 5 and follows the stream. */
async function live<C extends EntityCopy = MapCopy>(copy?: C): Promise<Setup<C> & { stream: ScriptedStream }> {
  const setup = setUp(copy ?? (new MapCopy() as EntityCopy)) as Setup<C>;
  const stream = new ScriptedStream(head(5));
  setup.client.framesAnswers.push(loadAnswer(5, people));
  setup.client.streams.push(stream);
  await setup.replica.start();
  await settle();
  for (const list of [setup.states, setup.changes, setup.client.requests]) list.length = 0;
  return { ...setup, stream };
}

const kinds = (changes: readonly ReplicaChange[]): unknown[] => changes.map(({ kind, techId }) => [kind, techId]);
const accepted = { position: { epoch: "e1", sequence: 5 } };

describe("Replica.start", () => {
  it("loads into an empty copy, then follows", async () => {
    const { replica, client, copy, states, changes } = setUp();
    client.framesAnswers.push(loadAnswer(5, people));
    client.streams.push(new ScriptedStream(head(5), ...batchFrames([[6, person(4)]], 6)));
    expect(replica.state).toBe("stopped");
    await replica.start();
    expect(replica.state).toBe("live");
    expect(copy.size).toBe(3);
    await settle();
    expect(copy.get(id(4))?.fields).toEqual({ name: "person 4", age: null, phones: null });
    expect(copy.state()).toEqual({ position: { epoch: "e1", sequence: 6 }, topicsSlice: "A" });
    expect(kinds(changes)).toEqual([1, 2, 3, 4].map((n) => ["enter", id(n)]));
    expect(states).toEqual(["loading", "live"]);
    await replica.stop();
    expect(states.at(-1)).toBe("stopped");
  });

  it("goes on from what the copy holds, without a load", async () => {
    const first = await live();
    await first.replica.stop();
    const { replica, client, copy, changes } = setUp(first.copy);
    client.jsonAnswers.push(accepted);
    client.streams.push(new ScriptedStream(head(5), ...batchFrames([[6, person(1, { oper: "DELETE" })]], 6)));
    await replica.start();
    await settle();
    expect(client.services).toEqual(["SkipLoad", "FetchDeltas"]);
    expect(copy.size).toBe(2);
    expect(kinds(changes)).toEqual([["leave", id(1)]]);
  });

  it("loads where the copy is of another slice, or the server would go on from elsewhere", async () => {
    const first = await live();
    await first.replica.stop();
    for (const [slice, answer] of [
      ["B", undefined],
      ["A", { epoch: "e1", sequence: 6 }],
    ] as const) {
      const { replica, client } = setUp(first.copy, slice);
      if (answer) client.jsonAnswers.push(answer);
      client.framesAnswers.push(loadAnswer(7, people));
      await replica.start();
      expect(client.services).toContain("FullLoad");
      await replica.stop();
    }
  });

  it("waits out what passes by itself", async () => {
    const { replica, client, clock, states, errors } = setUp();
    const passing = [
      networkError(),
      new ClientDisabledError("x"),
      new LiveDistError("Closed", "x"),
      new LiveDistError("Store", "x"),
    ];
    client.framesAnswers.push(...passing, loadAnswer(5, people).slice(0, -3), loadAnswer(5, people));
    const start = replica.start();
    await clock.advance(500 + 1_000 + 2_000 + 4_000 + 8_000);
    await start;
    expect(errors.map((error) => (error as LiveDistError).code)).toEqual([
      "Network",
      "ClientDisabled",
      "Closed",
      "Store",
      "Network",
    ]);
    expect(states).toEqual([...Array.from({ length: 5 }, () => ["loading", "waiting"]).flat(), "loading", "live"]);
  });

  it("rejects for what does not pass, and can be called again", async () => {
    const codes: ErrorCode[] = [
      "TopicsSlice",
      "Permission",
      "UnknownClient",
      "Config",
      "Request",
      "Limit",
      "DeltaBuffer",
    ];
    for (const code of codes) {
      const { replica, client, states, errors } = setUp();
      const error = fromWireError({ code, message: "no" });
      client.framesAnswers.push(error, loadAnswer(5, people));
      await expect(replica.start()).rejects.toBe(error);
      expect([replica.state, states, errors]).toEqual(["failed", ["loading", "failed"], [error]]);
      await replica.start();
      expect(replica.state).toBe("live");
      await replica.stop();
    }
  });

  it("rejects for a slice that is none", async () => {
    const { replica } = setUp(new MapCopy(), "A+");
    await expectCode(replica.start(), "TopicsSlice");
    expect(replica.state).toBe("failed");
    await replica.stop();
    expect(replica.state).toBe("stopped");
  });

  it("gives the same promise while it runs", async () => {
    const { replica, client } = setUp();
    client.framesAnswers.push(loadAnswer(5, people));
    expect(replica.start()).toBe(replica.start());
    await replica.start();
    await settle();
    expect(client.services).toEqual(["FullLoad", "FetchDeltas"]);
  });

  it("refuses Edges of which no exact copy can be kept", () => {
    const edge = new Edge(new ScriptedClient(), { schema, tracking: "none" });
    expect(() => new Replica(edge, { slice: "A", copy: new MapCopy() })).toThrow(
      expect.objectContaining({ code: "Config" }),
    );
  });
});

describe("Replica, live", () => {
  it("applies a batch at once, acknowledges it afterwards, and tells of each change", async () => {
    const { replica, copy, changes, stream } = await live();
    const applied: CopyChanges[] = [];
    const apply = copy.apply.bind(copy);
    copy.apply = (all) => {
      expect(stream.log).toEqual([]);
      applied.push(all);
      apply(all);
    };
    const update = (age: number) => person(1, { oper: "UPDATE", fields: { age } });
    stream.push(
      ...batchFrames(
        [
          [6, update(1), person(4)],
          [7, update(2), person(2, { oper: "UPDATE", leaves: true })],
          [8, person(4, { oper: "DELETE" })],
        ],
        9,
      ),
    );
    await settle();
    expect(applied).toHaveLength(1);
    expect(applied[0]).toMatchObject({
      puts: [{ techId: id(1), fields: { name: "person 1", age: 2 } }],
      removes: [id(4), id(2)],
      state: { position: { epoch: "e1", sequence: 9 }, topicsSlice: "A" },
    });
    expect(kinds(changes)).toEqual([
      ["update", id(1)],
      ["enter", id(4)],
      ["update", id(1)],
      ["leave", id(2)],
      ["leave", id(4)],
    ]);
    expect(changes.map(({ delta }) => delta?.sequence)).toEqual([6, 6, 7, 7, 8]);
    expect(changes[3]!.entity.fields).toMatchObject({ name: "person 2" });
    expect(stream.log).toEqual(["acknowledge 9"]);
    await replica.stop();
    expect(stream.log).toEqual(["acknowledge 9", "close"]);
  });

  it("stores now and then a position that nothing in the copy goes with", async () => {
    const { copy, clock, stream } = await live();
    stream.push(positionFrame(6, true));
    await settle();
    expect(copy.state()?.position.sequence).toBe(5);
    await clock.advance(STORE_POSITION_MS);
    stream.push(positionFrame(7, true));
    await settle();
    expect(copy.state()?.position.sequence).toBe(7);
  });

  it("goes on from where it was after the connection broke, positions that were not stored included", async () => {
    const { replica, client, clock, states, stream } = await live();
    stream.push(positionFrame(6, true));
    stream.end(networkError());
    client.jsonAnswers.push(networkError(), { position: { epoch: "e1", sequence: 6 } });
    client.streams.push(new ScriptedStream(head(6)));
    await clock.advance(500 + 1_000);
    expect(
      client.requests.map((request) => [request.service, "position" in request && request.position.sequence]),
    ).toEqual([
      ["SkipLoad", 6],
      ["SkipLoad", 6],
      ["FetchDeltas", 6],
    ]);
    expect(states).toEqual(["waiting", "live"]);
    expect(replica.state).toBe("live");
  });

  it("waits longer and longer where a stream breaks before anything came", async () => {
    const { client, clock, stream } = await live();
    stream.end(networkError());
    for (const delay of [500, 1_000, 2_000]) {
      await settle();
      expect(clock.delaysMs).toEqual([delay]);
      client.jsonAnswers.push(accepted);
      client.streams.push(networkError());
      await clock.advance(delay);
    }
  });

  it("R37, R38: loads again at once, and lets the copy never appear empty, where deltas cannot bring it up to date", async () => {
    const reasons = [
      new SequenceTooOldError("x"),
      ...(["EpochChanged", "FutureSequence", "NotRegistered", "TopicNotInSlice"] as const).map((code) =>
        fromWireError({ code, message: "x" }),
      ),
    ];
    for (const reason of reasons) {
      const { client, copy, states, changes, errors, stream } = await live();
      const load = new ScriptedStream(head(9, { count: 2, epoch: "e2" }));
      client.framesAnswers.push(load);
      stream.end(reason);
      await settle();
      load.push(entitiesFrame([person(4)]));
      await settle();
      expect([copy.size, copy.state()]).toEqual([4, undefined]);
      load.push(bytesOf(entitiesFrame([person(2)]), Uint8Array.of(0, 0, 0, 0, 5)));
      load.end();
      await settle();
      expect([...copy.techIds()].sort()).toEqual([id(2), id(4)]);
      expect(copy.state()).toEqual({ position: { epoch: "e2", sequence: 9 }, topicsSlice: "A" });
      expect(kinds(changes)).toEqual([
        ["enter", id(4)],
        ["update", id(2)],
        ["leave", id(1)],
        ["leave", id(3)],
      ]);
      expect([states, errors]).toEqual([["loading", "live"], [reason]]);
    }
  });

  it("R36: loads again where a delta shows that the copy is not exact, and says so", async () => {
    const { client, copy, errors, stream } = await live();
    client.framesAnswers.push(loadAnswer(9, [person(7)]));
    stream.push(...batchFrames([[6, person(1, { oper: "DELETE" }), person(7, { oper: "UPDATE" })]], 6));
    await settle();
    expect(errors).toMatchObject([{ code: "Entity" }]);
    expect([...copy.techIds()]).toEqual([id(7)]);
  });

  it("does not load again and again without a wait", async () => {
    const { client, clock, stream } = await live();
    const again = () => new ScriptedStream(head(5), ...batchFrames([[6, person(7, { oper: "UPDATE" })]], 6));
    client.framesAnswers.push(loadAnswer(5, []), loadAnswer(5, []), loadAnswer(5, []));
    client.streams.push(again(), again());
    stream.end(new SequenceTooOldError("x"));
    await settle();
    expect(client.services.filter((service) => service === "FullLoad")).toHaveLength(1);
    expect(clock.delaysMs).toEqual([500]);
    await clock.advance(500);
    expect(client.services.filter((service) => service === "FullLoad")).toHaveLength(2);
    expect(clock.delaysMs).toEqual([1_000]);
  });

  it("waits while its client is disabled", async () => {
    const { replica, client, clock, states, stream } = await live();
    stream.end(new ClientDisabledError("x"));
    client.jsonAnswers.push(new ClientDisabledError("x"), accepted);
    await clock.advance(1_500);
    expect([replica.state, states]).toEqual(["live", ["waiting", "live"]]);
  });

  it("fails where the copy fails or the edge is closed", async () => {
    const copyFails = await live();
    const cause = new LiveDistError("Network", "the copy's disk");
    copyFails.copy.apply = () => {
      throw cause;
    };
    copyFails.stream.push(...batchFrames([[6, person(4)]], 6));
    await settle();
    expect(copyFails.replica.state).toBe("failed");
    expect(copyFails.errors).toEqual([expect.objectContaining({ cause }) as CopyFailedError]);
    expect(copyFails.stream.isClosed).toBe(true);

    const edgeCloses = await live();
    await edgeCloses.edge.close();
    await settle();
    expect(edgeCloses.replica.state).toBe("failed");
  });

  it("is not disturbed by listeners that throw, nor by those that stop listening", async () => {
    const { replica, changes, errors, stream } = await live();
    const thrown = new TypeError("in a listener");
    const off = replica.on("change", () => {
      throw thrown;
    });
    replica.on("error", () => {
      throw new TypeError("in a listener of errors");
    });
    stream.push(...batchFrames([[6, person(4)]], 6));
    await settle();
    expect([errors, replica.state]).toEqual([[thrown], "live"]);
    off();
    stream.push(...batchFrames([[7, person(5)]], 7));
    await settle();
    expect(errors).toHaveLength(1);
    expect(kinds(changes)).toEqual([
      ["enter", id(4)],
      ["enter", id(5)],
    ]);
  });

  it("removes many entities that a load did not bring in steps, the state with the last one", async () => {
    const copy = new MapCopy();
    const { replica, client, stream } = await live(copy);
    const puts = Array.from({ length: 2 * STREAM_BATCH_ROWS_MAX }, (_, n) => ({
      ...copy.get(id(1))!,
      techId: id(n + 10),
    }));
    copy.apply({ puts, removes: [], state: copy.state() });
    const steps: [number, boolean][] = [];
    const apply = copy.apply.bind(copy);
    copy.apply = (all) => {
      steps.push([all.removes.length, all.state !== undefined]);
      apply(all);
    };
    client.framesAnswers.push(loadAnswer(9, []));
    stream.end(new SequenceTooOldError("x"));
    await settle();
    expect(steps).toEqual([
      [1_000, false],
      [1_000, false],
      [3, true],
    ]);
    expect([copy.size, replica.state]).toEqual([0, "live"]);
  });
});

describe("Replica.changeSlice", () => {
  it("loads the new slice and resolves when the copy has it", async () => {
    const { replica, client, copy, states, changes, stream } = await live();
    client.framesAnswers.push(loadAnswer(8, [person(3), person(4)]));
    await replica.changeSlice(" B ");
    expect(stream.isClosed).toBe(true);
    expect([...copy.techIds()].sort()).toEqual([id(3), id(4)]);
    expect(copy.state()).toEqual({ position: { epoch: "e1", sequence: 8 }, topicsSlice: "B" });
    expect(kinds(changes)).toEqual([
      ["update", id(3)],
      ["enter", id(4)],
      ["leave", id(1)],
      ["leave", id(2)],
    ]);
    await settle();
    expect(client.requests.at(-1)).toMatchObject({ service: "FetchDeltas", topicsSlice: "B" });
    expect([replica.topicsSlice, states]).toEqual(["B", ["loading", "live"]]);
  });

  it("rejects for a slice that is refused, and goes on with the one it had, without a load", async () => {
    const { replica, client, copy, errors, states } = await live();
    client.framesAnswers.push(new PermissionError("no"));
    client.jsonAnswers.push(accepted);
    await expect(replica.changeSlice("B")).rejects.toBeInstanceOf(PermissionError);
    await settle();
    expect(client.services).toEqual(["FullLoad", "SkipLoad", "FetchDeltas"]);
    expect(client.requests.at(-1)).toMatchObject({ topicsSlice: "A" });
    expect([replica.state, replica.topicsSlice, copy.size]).toEqual(["live", "A", 3]);
    expect([errors, states]).toEqual([[], ["loading", "live"]]);
  });

  it("loads the slice it had again where the new one was refused after entities had come", async () => {
    const { replica, client, copy } = await live();
    const broken = bytesOf(head(8, { count: 1 }), entitiesFrame([person(4)]), entitiesFrame([person(5)]));
    client.framesAnswers.push(broken, loadAnswer(9, people));
    await expectCode(replica.changeSlice("B"), "Request");
    await settle();
    expect(client.services).toEqual(["FullLoad", "FullLoad", "FetchDeltas"]);
    expect([...copy.techIds()].sort()).toEqual([1, 2, 3].map(id));
    expect(replica.topicsSlice).toBe("A");
  });

  it("lets the last of several win, and settles each", async () => {
    const { replica, client } = await live();
    const changes = ["B", "C", "D"].map((slice) => replica.changeSlice(slice));
    client.framesAnswers.push(loadAnswer(8, people));
    expect((await Promise.allSettled(changes)).map(({ status }) => status)).toEqual([
      "rejected",
      "rejected",
      "fulfilled",
    ]);
    await expectCode(changes[0]!, "Closed");
    expect(client.requests.filter(({ service }) => service === "FullLoad")).toMatchObject([{ topicsSlice: "D" }]);
    expect(replica.topicsSlice).toBe("D");
  });

  it("takes the place of a load that is under way, start's included", async () => {
    const { replica, client, copy } = setUp();
    const first = new ScriptedStream(head(5, { count: 3 }), entitiesFrame([person(1)]));
    client.framesAnswers.push(first);
    const start = replica.start();
    await settle();
    client.framesAnswers.push(loadAnswer(8, [person(4)]));
    const change = replica.changeSlice("B");
    await Promise.all([start, change]);
    expect([...copy.techIds()]).toEqual([id(4)]);
  });

  it("goes on trying through trouble, and at once when it is asked for during a wait", async () => {
    const { replica, client, clock, stream } = await live();
    stream.end(networkError());
    await settle();
    expect(replica.state).toBe("waiting");
    client.framesAnswers.push(networkError(), loadAnswer(8, [person(4)]));
    const change = replica.changeSlice("B");
    await clock.advance(0);
    expect(clock.delaysMs).toEqual([1_000]);
    await clock.advance(1_000);
    await change;
  });

  it("wants a running replica", async () => {
    const { replica } = setUp();
    await expectCode(replica.changeSlice("B"), "Request");
  });
});

describe("Replica.stop", () => {
  it("ends at once wherever it is, and settles what was waited for", async () => {
    const waits: ((setup: Setup<MapCopy>) => void)[] = [
      () => undefined,
      ({ client }) => client.framesAnswers.push(new ScriptedStream(head(5, { count: 3 }), entitiesFrame([person(1)]))),
      ({ client }) => client.framesAnswers.push(networkError()),
    ];
    for (const prepare of waits) {
      const setup = setUp();
      prepare(setup);
      const settled = Promise.allSettled([setup.replica.start(), setup.replica.changeSlice("B")]);
      await settle();
      await setup.replica.stop();
      expect(await settled).toMatchObject([{ reason: { code: "Closed" } }, { reason: { code: "Closed" } }]);
      expect([setup.replica.state, setup.clock.delaysMs]).toEqual(["stopped", []]);
    }
  });

  it("waits for the copy, and leaves the edge to others", async () => {
    const { replica, copy, edge, client, stream } = await live();
    let written: () => void = () => undefined;
    const apply = copy.apply.bind(copy);
    Object.assign(copy, {
      apply: async (all: CopyChanges) => {
        await new Promise<void>((resolve) => (written = resolve));
        apply(all);
      },
    });
    stream.push(...batchFrames([[6, person(4)]], 6));
    await settle();
    let isStopped = false;
    const stop = replica.stop().then(() => (isStopped = true));
    await settle();
    expect(isStopped).toBe(false);
    written();
    await stop;
    expect(copy.state()?.position.sequence).toBe(6);
    client.framesAnswers.push(loadAnswer(8, []));
    await edge.fullLoad("C");
  });

  it("does nothing where nothing runs, and lets start go on where it was", async () => {
    const { replica, client, states, stream } = await live();
    await replica.stop();
    await replica.stop();
    expect(stream.isClosed).toBe(true);
    client.jsonAnswers.push(accepted);
    await replica.start();
    await settle();
    expect(client.services).toEqual(["SkipLoad", "FetchDeltas"]);
    expect(states).toEqual(["stopped", "loading", "live"]);
  });
});

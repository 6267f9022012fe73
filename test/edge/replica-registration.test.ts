import { describe, expect, it } from "vitest";
import {
  fromWireError,
  LiveDistError,
  NotRegisteredError,
  PermissionError,
  SequenceTooOldError,
} from "../../src/base/errors.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import { Edge } from "../../src/edge/edge.js";
import type { CopyState } from "../../src/edge/entity-copy.js";
import { MapCopy } from "../../src/edge/map-copy.js";
import { Replica } from "../../src/edge/replica.js";
import type { ReplicaChange } from "../../src/edge/replica-change.js";
import { endFrame, positionFrame } from "../../src/wire/frames.js";
import type { Request } from "../../src/wire/requests.js";
import { ManualClock, settle } from "../support/manual-clock.js";
import { batchFrames, bytesOf, entitiesFrame, head, id, packed, person, stampedAnswer, schema } from "./answers.js";
import { expectCode } from "./expect-code.js";
import { networkError, ScriptedClient, ScriptedStream } from "./scripted-client.js";

class NotingCopy extends MapCopy {
  readonly stored: (CopyState | undefined)[] = [];

  override apply(changes: Parameters<MapCopy["apply"]>[0]): void {
    this.stored.push(changes.state);
    super.apply(changes);
  }
}

interface Setup {
  readonly client: ScriptedClient;
  readonly clock: ManualClock;
  readonly copy: NotingCopy;
  readonly replica: Replica<NotingCopy>;
  readonly states: string[];
  readonly changes: ReplicaChange[];
  readonly errors: unknown[];
  /** The states that the copy was given, in order. */
  readonly stored: (CopyState | undefined)[];
}

function setUp(copy = new NotingCopy(), slice = "A"): Setup {
  const client = new ScriptedClient("stream");
  client.jsonAnswers.push({ session: 4 });
  const clock = new ManualClock();
  const edge = new Edge(client, { schema, tracking: "registration", clock, random: () => 1 });
  const replica = new Replica(edge, { slice, copy, clock, random: () => 1 });
  const { stored } = copy;
  const setup: Setup = { client, clock, copy, replica, states: [], changes: [], errors: [], stored };
  replica.on("state", (state) => setup.states.push(state));
  replica.on("change", (change) => setup.changes.push(change));
  replica.on("error", (error) => setup.errors.push(error));
  return setup;
}

/** A replica of slice A that has loaded persons 1 to 3 (topics A) at sequence-number 5 and follows the stream. */
async function live(): Promise<Setup & { stream: ScriptedStream }> {
  const setup = setUp();
  const stream = new ScriptedStream(head(5));
  setup.client.framesAnswers.push(
    stampedAnswer(
      5,
      [1, 2, 3].map((n) => person(n)),
    ),
  );
  setup.client.streams.push(stream);
  await setup.replica.start();
  await settle();
  forget(setup);
  return { ...setup, stream };
}

function forget({ states, changes, stored, client }: Setup): void {
  for (const list of [states, changes, stored, client.requests]) list.length = 0;
}

const at = (sequence: number, stamp?: number) => ({
  epoch: "e1",
  sequence,
  ...(stamp !== undefined && { stamp: `s${stamp}` }),
});
const kinds = (changes: readonly ReplicaChange[]): unknown[] => changes.map(({ kind, techId }) => [kind, techId]);
const held = (copy: MapCopy): string[] => [...copy.techIds()].sort();
const ids = (...numbers: number[]): string[] => numbers.map(id);
/** What was asked for, without what does not matter to the test. */
const asked = (requests: readonly Request[]): unknown[] =>
  requests.map((request) => [
    request.service,
    "topicsSlice" in request ? request.topicsSlice : "",
    ...("position" in request ? [request.position.sequence] : []),
    ...("techIds" in request ? [request.techIds] : []),
  ]);
const update = (n: number, rest: object = {}): DeltaObject =>
  person(n, { oper: "UPDATE", fields: { age: 7 }, ...rest });

describe("Replica of a registered client", () => {
  it("loads into an empty copy and stores the stamp with the position", async () => {
    const { copy, stream } = await live();
    expect(copy.state()).toEqual({ position: at(5, 5), topicsSlice: "A" });
    stream.push(...batchFrames([[6, update(1)]], 6));
    await settle();
    expect(copy.state()).toEqual({ position: at(6, 5), topicsSlice: "A" });
  });

  it("goes on from what the copy holds with SkipLoad", async () => {
    const first = await live();
    await first.replica.stop();
    const { replica, client } = setUp(first.copy);
    client.jsonAnswers.push({ position: at(5) });
    client.streams.push(new ScriptedStream(head(5)));
    await replica.start();
    await settle();
    expect(client.services).toEqual(["BeginSession", "SkipLoad", "FetchDeltas"]);
    expect(client.requests[2]).toMatchObject({ position: at(5, 5) });
  });

  it("R13: keeps what the slice does not select any more, and removes what is deleted", async () => {
    const { copy, stream } = await live();
    stream.push(
      ...batchFrames([[6, update(1, { topics: ["Z"] }), person(2, { oper: "DELETE" })]], 6),
      ...batchFrames([[7, update(1, { topics: ["Z"], fields: { age: 8 } })]], 7),
    );
    await settle();
    expect(held(copy)).toEqual(ids(1, 3));
    expect(copy.get(id(1))).toMatchObject({ topics: ["Z"], fields: { age: 8 } });
  });

  it("R37: names what it holds where the server does not know it, and removes what is gone", async () => {
    const reasons = [
      new NotRegisteredError("x"),
      new SequenceTooOldError("x"),
      fromWireError({ code: "TopicNotInSlice", message: "x" }),
    ];
    for (const reason of reasons) {
      const { client, copy, changes, errors, states, stored, stream } = await live();
      client.framesAnswers.push(
        stampedAnswer(9, [person(2, { fields: { name: "new" } }), person(4)], { gone: [id(3)] }),
      );
      client.streams.push(new ScriptedStream(head(9)));
      stream.end(reason);
      await settle();
      expect(asked(client.requests)).toEqual([
        ["SyncLoad", "A", 5, packed(...ids(1, 2, 3))],
        ["FetchDeltas", "A", 9],
      ]);
      expect(held(copy)).toEqual(ids(1, 2, 4));
      expect(kinds(changes)).toEqual([
        ["leave", id(3)],
        ["update", id(2)],
        ["enter", id(4)],
      ]);
      const doubt = { position: at(5), topicsSlice: "A" };
      expect(stored).toEqual([doubt, doubt, { position: at(9, 9), topicsSlice: "A" }]);
      expect([errors, states]).toEqual([[reason], ["loading", "live"]]);
    }
  });

  it("R36: does the same where a delta shows that it misses an entity", async () => {
    const { client, errors, stream } = await live();
    client.framesAnswers.push(stampedAnswer(9, []));
    stream.push(...batchFrames([[6, update(7)]], 6));
    await settle();
    expect(errors).toMatchObject([{ code: "Entity" }]);
    expect(asked(client.requests)[0]).toEqual(["SyncLoad", "A", 5, packed(...ids(1, 2, 3))]);
  });

  it("repeats a SyncLoad that broke off, also after a restart, from the state before", async () => {
    const first = await live();
    const broken = bytesOf(head(9, { count: 2, stamp: "s9" }), entitiesFrame([person(4)]));
    first.client.framesAnswers.push(broken);
    first.stream.end(new NotRegisteredError("x"));
    await settle();
    expect(held(first.copy)).toEqual(ids(1, 2, 3, 4));
    expect(first.copy.state()).toEqual({ position: at(5), topicsSlice: "A" });
    first.client.framesAnswers.push(stampedAnswer(10, []));
    await first.clock.advance(500);
    expect(first.client.services.slice(0, 3)).toEqual(["SyncLoad", "SyncLoad", "FetchDeltas"]);

    const second = await live();
    second.client.framesAnswers.push(broken);
    second.stream.end(new NotRegisteredError("x"));
    await settle();
    await second.replica.stop();
    const { replica, client } = setUp(second.copy);
    client.framesAnswers.push(stampedAnswer(10, []));
    await replica.start();
    expect(asked(client.requests).slice(0, 2)).toEqual([
      ["BeginSession", ""],
      ["SyncLoad", "A", 5, packed(...ids(1, 2, 3, 4))],
    ]);
  });

  it("R38: loads everything again in another epoch or a log that was set back, in a new session", async () => {
    for (const code of ["EpochChanged", "FutureSequence"] as const) {
      const { client, copy, stream } = await live();
      client.jsonAnswers.push({ session: 1 });
      client.framesAnswers.push(stampedAnswer(2, [person(1)], {}, { epoch: "e2" }));
      stream.end(new LiveDistError(code, "x"));
      await settle();
      expect(client.services).toEqual(["BeginSession", "FullLoad", "FetchDeltas"]);
      expect(held(copy)).toEqual(ids(1));
      expect(copy.state()).toEqual({ position: { epoch: "e2", sequence: 2, stamp: "s2" }, topicsSlice: "A" });
    }
  });

  it("fails where a newer session of the client took over", async () => {
    const { replica, client, errors, stream } = await live();
    client.framesAnswers.push(new LiveDistError("StaleCommand", "x"), new LiveDistError("StaleCommand", "x"));
    stream.end(new NotRegisteredError("x"));
    await settle();
    expect(replica.state).toBe("failed");
    expect(errors.at(-1)).toMatchObject({ code: "StaleCommand" });
  });

  it("R41: does not put what it neither holds nor wants, nor what follows of it, but unregisters it", async () => {
    const { client, copy, changes, stored, stream } = await live();
    client.jsonAnswers.push({ sequence: 8 });
    const second = new ScriptedStream(head(7));
    client.streams.push(second);
    const unwanted = { topics: ["Z"] };
    stream.push(
      ...batchFrames(
        [
          [6, person(4, unwanted), person(5, { oper: "FULL", ...unwanted }), person(6, unwanted), person(7, unwanted)],
          [7, update(4, unwanted), update(5, unwanted), person(6, { oper: "DELETE" }), person(7)],
        ],
        7,
      ),
    );
    await settle();
    expect(asked(client.requests)).toEqual([
      ["UnregisterEntities", "A", 7, packed(...ids(4, 5))],
      ["FetchDeltas", "A", 7],
    ]);
    expect(stream.isClosed).toBe(true);
    expect(kinds(changes)).toEqual([["enter", id(7)]]);
    expect(stored).toEqual([{ position: at(7), topicsSlice: "A" }]);
    second.push(...batchFrames([[8, person(5, { oper: "FULL", forThisClientAlone: true }), update(4)]], 8));
    await settle();
    expect(held(copy)).toEqual(ids(1, 2, 3, 5, 7));
    expect(copy.state()).toEqual({ position: at(8, 5), topicsSlice: "A" });
  });

  it("R42: is in doubt until the position has passed where it was unregistered, then stores that at once", async () => {
    const { client, copy, stream } = await live();
    client.jsonAnswers.push({ sequence: 9 });
    const second = new ScriptedStream(head(6));
    client.streams.push(second);
    stream.push(...batchFrames([[6, person(4, { topics: ["Z"] })]], 6));
    await settle();
    second.push(...batchFrames([[8, update(1)]], 8));
    await settle();
    expect(copy.state()?.position).toEqual(at(8));
    second.push(positionFrame(9, true));
    await settle();
    expect(copy.state()?.position).toEqual(at(9, 5));
  });

  it("R42: names what it holds where an unregistering was not answered", async () => {
    const { client, clock, stream } = await live();
    client.jsonAnswers.push(networkError());
    client.framesAnswers.push(stampedAnswer(9, []));
    stream.push(...batchFrames([[6, person(4, { topics: ["Z"] })]], 6));
    await clock.advance(500);
    expect(asked(client.requests).slice(0, 2)).toEqual([
      ["UnregisterEntities", "A", 6, packed(id(4))],
      ["SyncLoad", "A", 6, packed(...ids(1, 2, 3))],
    ]);
  });
});

describe("Replica.changeSlice of a registered client", () => {
  const partial = stampedAnswer(9, [person(4, { topics: ["B"] })], {
    rows: [
      [6, update(1, { topics: ["A", "B"] })],
      [7, person(5), person(6, { topics: ["Z"] })],
      [8, person(3, { oper: "DELETE" })],
    ],
  });

  it("R40: takes what is owed and what is new, drops what only the old slice selects, and unregisters that", async () => {
    const setup = await live();
    const { replica, client, copy, changes, stored, states } = setup;
    client.jsonAnswers.push({ position: at(5) }, { sequence: 10 });
    client.framesAnswers.push(partial);
    client.streams.push(new ScriptedStream(head(9)));
    await replica.changeSlice(" B ");
    expect(held(copy)).toEqual(ids(1, 4, 6));
    await settle();
    expect(client.requests.map((request) => ("newTopicsSlice" in request ? request.newTopicsSlice : ""))).toContain(
      "B",
    );
    expect(asked(client.requests)).toEqual([
      ["SkipLoad", "A", 5],
      ["PartialLoad", "A", 5],
      ["UnregisterEntities", "B", 9, packed(...ids(2, 5))],
      ["FetchDeltas", "B", 9],
    ]);
    expect(kinds(changes)).toEqual([
      ["update", id(1)],
      ["enter", id(5)],
      ["enter", id(6)],
      ["leave", id(3)],
      ["enter", id(4)],
      ["leave", id(2)],
      ["leave", id(5)],
    ]);
    expect(stored.slice(0, 1)).toEqual([{ position: at(5), topicsSlice: "A" }]);
    expect(stored.slice(-2)).toEqual([
      { position: at(9, 9), topicsSlice: "B", oldTopicsSlice: "A" },
      { position: at(9), topicsSlice: "B" },
    ]);
    expect([replica.topicsSlice, states]).toEqual(["B", ["loading", "live"]]);
  });

  it("stores a stamp at once where there is nothing to drop", async () => {
    const { replica, client, copy } = await live();
    client.jsonAnswers.push({ position: at(5) });
    client.framesAnswers.push(stampedAnswer(9, []));
    await replica.changeSlice("A+B");
    expect(copy.state()).toEqual({ position: at(9, 9), topicsSlice: "A+B" });
    await settle();
    expect(client.services).toEqual(["SkipLoad", "PartialLoad", "FetchDeltas"]);
  });

  it("R39: names what it holds, with the old slice, after a PartialLoad that was not answered to its end, and tries again", async () => {
    const answers = [
      networkError(),
      partial.slice(0, -3),
      partial.slice(0, 150),
      bytesOf(head(9, { count: 0, stamp: "s9" })),
    ];
    for (const answer of answers) {
      const { replica, client, clock, copy } = await live();
      client.jsonAnswers.push({ position: at(5) }, { sequence: 21 });
      client.framesAnswers.push(answer, stampedAnswer(10, []), stampedAnswer(20, []));
      const change = replica.changeSlice("B");
      await clock.advance(500);
      await change;
      const [, , sync, again] = client.requests;
      expect(sync).toMatchObject({ service: "SyncLoad", topicsSlice: "A", position: at(5) });
      expect(again).toMatchObject({
        service: "PartialLoad",
        topicsSlice: "A",
        newTopicsSlice: "B",
        position: at(10, 10),
      });
      await settle();
      expect(client.services).toContain("UnregisterEntities");
      expect(held(copy).filter((techId) => copy.get(techId)!.topics.join() === "A")).toEqual([]);
    }
  });

  it("R40: goes on after a restart between the load and the dropping", async () => {
    const copy = new NotingCopy();
    const entity = (n: number, ...topics: string[]) => ({ ...personHeld(n), topics });
    copy.apply({
      puts: [entity(1, "A"), entity(2, "A", "B"), entity(3, "Z")],
      removes: [],
      state: { position: at(9, 9), topicsSlice: "B", oldTopicsSlice: "A" },
    });
    const { replica, client } = setUp(copy, "B");
    client.framesAnswers.push(stampedAnswer(12, []));
    await replica.start();
    expect(asked(client.requests).slice(1, 2)).toEqual([["SyncLoad", "B", 9, packed(...ids(2, 3))]]);
    expect(copy.state()).toEqual({ position: at(12, 12), topicsSlice: "B" });
  });

  it("R42: does not drop again after a restart what was dropped, and names what it holds until that was passed", async () => {
    const first = await live();
    first.client.jsonAnswers.push({ position: at(5) }, { sequence: 10 });
    first.client.framesAnswers.push(stampedAnswer(9, []));
    await first.replica.changeSlice("B");
    await first.replica.stop();
    const { replica, client } = setUp(first.copy, "B");
    client.framesAnswers.push(stampedAnswer(12, [person(8, { topics: ["B"] })]));
    await replica.start();
    expect(asked(client.requests).slice(1, 2)).toEqual([["SyncLoad", "B", 9, new Uint8Array(0)]]);
    expect(held(first.copy)).toEqual(ids(8));
  });

  it("rejects for a slice that is refused, and goes on with the one that it had", async () => {
    const { replica, client, copy } = await live();
    client.jsonAnswers.push({ position: at(5) }, { position: at(5) });
    await expectCode(replica.changeSlice("A+"), "TopicsSlice");
    await settle();
    expect(client.services).toEqual(["SkipLoad", "SkipLoad", "FetchDeltas"]);
    client.jsonAnswers.push({ position: at(5) });
    client.framesAnswers.push(new PermissionError("no"), stampedAnswer(9, []));
    await expect(replica.changeSlice("B")).rejects.toBeInstanceOf(PermissionError);
    await settle();
    expect(client.requests.at(-1)).toMatchObject({ service: "FetchDeltas", topicsSlice: "A" });
    expect([replica.topicsSlice, held(copy)]).toEqual(["A", ids(1, 2, 3)]);
  });

  it("loads the new slice at once where there is no copy yet", async () => {
    const { replica, client, copy } = setUp();
    client.framesAnswers.push(new ScriptedStream(head(5, { count: 1, stamp: "s5" })));
    const start = replica.start();
    await settle();
    client.framesAnswers.push(stampedAnswer(8, [person(4)]));
    await Promise.all([start, replica.changeSlice("B")]);
    expect(copy.state()).toEqual({ position: at(8, 8), topicsSlice: "B" });
  });

  it("drops by the topics alone: a time-window counts in loads only", async () => {
    const { replica, client, copy } = await live();
    client.jsonAnswers.push({ position: at(5) });
    client.framesAnswers.push(bytesOf(head(9, { count: 0, stamp: "s9" }), endFrame()));
    await replica.changeSlice("A*TimeWindow1");
    expect(held(copy)).toEqual(ids(1, 2, 3));
  });
});

function personHeld(n: number) {
  const { deltaClass, techId, updateTime } = person(n);
  return { deltaClass, techId, updateTime, topics: [], fields: { name: `person ${n}`, age: null, phones: null } };
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.js";
import { encodeDeltaBuffer, readEncodedDeltaBuffer } from "../../src/delta/delta-buffer.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import type { EncodedDelta } from "../../src/delta/encoded-delta.js";
import { Edge } from "../../src/edge/edge.js";
import { HttpClient } from "../../src/edge/http-client.js";
import { Replica } from "../../src/edge/replica.js";
import { openStore } from "../../src/store/open-store.js";
import type { Store } from "../../src/store/store.js";
import { type Frame, FrameReader } from "../../src/wire/frames.js";
import type { Position, Request } from "../../src/wire/requests.js";
import { CheckedCopy } from "./checked-copy.js";
import { schema, shapes } from "./classes.js";
import { Dice } from "../support/dice.js";
import { Generator } from "./generate.js";
import { Oracle } from "./oracle.js";
import { OtherServer } from "./other-server.js";
import { OwnApplication } from "./own-application.js";

// A server in which no value can be decoded: whatever is to be read of a body, only the edges read.
let folder: string;
let store: Store;
let server: OtherServer;
const oracle = new Oracle(shapes);
const dice = new Dice(20);
const TIMES = { timeout: 60_000 };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "livedist-opaque-"));
  const file = join(folder, "site.db");
  store = await openStore(`sqlite:${file}`, { synchronous: "normal" });
  await store.clients.add({ clientId: "model", bitNumber: 0 });
  server = new OtherServer(file, ["--opaque"]);
  await server.start();
}, 60_000);

afterAll(async () => {
  await server.kill();
  await store.close();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

test("a server without a decoder loads, follows and resumes", TIMES, async () => {
  expect(server.hasSaid("opaque")).toBe(true);
  const failures: unknown[] = [];
  const application = new OwnApplication(store, oracle, dice.fork());
  const generator = new Generator(shapes, dice.fork());
  const write = async (count: number, pauseMs = 0): Promise<void> => {
    const last = oracle.lastSequence + count;
    while (oracle.lastSequence < last) {
      await application.transaction(() =>
        generator.transaction(oracle.state, Date.now(), (done) => oracle.after(done)),
      );
      if (pauseMs > 0) await wait(pauseMs);
    }
  };
  await write(30);
  const model = { oracle, shapes, clock: systemClock, fail: (error: unknown) => void failures.push(error) };
  const edge = new Edge(new HttpClient({ clientId: "model", servers: [server.url] }), {
    schema,
    tracking: "transition",
  });
  const slice = "(T1+T2)*!T3+T4";
  const replica = new Replica(edge, {
    slice,
    copy: new CheckedCopy("the copy", model, dice.fork(), 0),
    random: () => 0,
  });
  const kinds = new Set<string>();
  replica.on("change", ({ delta }) => kinds.add(delta?.leaves ? "leaves" : (delta?.oper ?? "")));
  await replica.start();
  await write(30, 20);
  // What is written while the server is down has left its window before the edge is back.
  await server.kill();
  await write(60);
  await server.start();
  const down = oracle.lastSequence;
  while (edge.sequence < down - 5 && failures.length === 0) await wait(20);
  await write(30, 20);
  while (edge.sequence < oracle.lastSequence - 5 && failures.length === 0) await wait(20);
  await replica.stop();
  await edge.close();
  expect(failures).toEqual([]);
  expect([...kinds].sort()).toEqual(["CREATE", "FULL", "PARTIAL", "UPDATE", "leaves"]);
  expect(server.problems).toEqual([]);
});

test("damaged bytes of a body reach the edge unchanged: live, in a FULL and in a load", TIMES, async () => {
  const party = schema.classNamed("Party")!;
  const techId = dice.guid();
  const create = party.delta({
    oper: "CREATE",
    techId,
    updateTime: new Date(1),
    topics: ["D1"],
    fields: { name: "some name", labels: ["D1"] },
  });
  const move = party.delta({
    oper: "UPDATE",
    techId,
    updateTime: new Date(2),
    topics: ["D2"],
    oldTopics: ["D1"],
    fields: { active: true },
  });
  const damaged = damagedBody(create);
  const before = await load("D1+D2");

  await store.transaction((transaction) => store.log.append(transaction, damaged.buffer));
  const live = await fetchDeltas("D1", before.position);
  expect(bodyOf(live.deltas, techId, "CREATE")).toEqual(damaged.body);
  const created = await load("D1");
  expect(bodyOf(created.deltas, techId, "CREATE")).toEqual(damaged.body);

  await store.transaction((transaction) => store.log.append(transaction, encodeDeltaBuffer(schema, [move])));
  const full = await fetchDeltas("D2", created.position);
  // The fields are in the order of the class, so that the boolean of the update comes last.
  expect(bodyOf(full.deltas, techId, "FULL")).toEqual(Uint8Array.of(...damaged.body, 1));
  const moved = await load("D2");
  expect(bodyOf(moved.deltas, techId, "CREATE")).toEqual(Uint8Array.of(...damaged.body, 1));

  await server.kill();
  await server.start();
  expect(bodyOf((await load("D2")).deltas, techId, "CREATE")).toEqual(Uint8Array.of(...damaged.body, 1));
  expect(server.problems).toEqual([]);
});

/** Encodes a delta-object, and then writes over each byte of its values what no value can be made of. */
function damagedBody(delta: DeltaObject): { buffer: Uint8Array; body: Uint8Array } {
  const buffer = encodeDeltaBuffer(schema, [delta]);
  const [encoded] = readEncodedDeltaBuffer(buffer).deltas;
  buffer.fill(0xff, encoded!.bodyAt, encoded!.end);
  return { buffer, body: buffer.slice(encoded!.bodyAt, encoded!.end) };
}

interface Answer {
  readonly position: Position;
  readonly deltas: readonly EncodedDelta[];
}

function load(topicsSlice: string): Promise<Answer> {
  return ask({ service: "FullLoad", clientId: "model", tracking: "transition", topicsSlice });
}

function fetchDeltas(topicsSlice: string, position: Position): Promise<Answer> {
  return ask({
    service: "FetchDeltas",
    clientId: "model",
    tracking: "transition",
    topicsSlice,
    position,
    waitMsMax: 10_000,
  });
}

/** Asks over HTTP, and reads of the answer what a server would read of it. */
async function ask(request: Request): Promise<Answer> {
  const client = new HttpClient({ clientId: "model", servers: [server.url] });
  const reader = new FrameReader();
  const frames: Frame[] = [];
  for await (const bytes of await client.frames(request)) frames.push(...reader.push(bytes));
  const [first] = frames;
  if (first?.kind !== "HEAD") throw new Error("an answer begins with its HEAD");
  const { epoch, sequence } = first.head;
  const deltas = frames.flatMap((frame) =>
    "deltaBuffer" in frame ? readEncodedDeltaBuffer(frame.deltaBuffer).deltas : [],
  );
  return { position: { epoch, sequence }, deltas };
}

function bodyOf(deltas: readonly EncodedDelta[], techId: string, oper: string): Uint8Array | undefined {
  const hex = techId.replaceAll("-", "");
  const found = deltas.find(
    (delta) =>
      delta.oper === oper &&
      Buffer.from(delta.bytes.subarray(delta.techIdAt, delta.techIdAt + 16)).toString("hex") === hex,
  );
  return found && Uint8Array.from(found.bytes.subarray(found.bodyAt, found.end));
}

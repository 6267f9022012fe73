import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../src/base/clock.js";
import { Edge } from "../../src/edge/edge.js";
import { HttpClient } from "../../src/edge/http-client.js";
import { Replica } from "../../src/edge/replica.js";
import { openStore } from "../../src/store/open-store.js";
import type { Store } from "../../src/store/store.js";
import { CheckedCopy } from "./checked-copy.js";
import { schema, shapes } from "./classes.js";
import { Dice } from "../support/dice.js";
import { EntitiesApplication } from "./entities-application.js";
import { Generator } from "./generate.js";
import { numberedOperations } from "./numbered-operations.js";
import { Oracle } from "./oracle.js";
import { OtherProcess } from "./other-process.js";
import { OtherServer } from "./other-server.js";

const SEED = Number(process.env["LIVEDIST_MODEL_SEED"] ?? Date.now() % 1_000_000);
const KILLS = 5;
const slices = ["T1+T2", "(T1+T3*(T4+T5))*!T2", "T3+T4+T5*!T1"];

let folder: string;
let store: Store;
let server: OtherServer;
const replicas: Replica<CheckedCopy>[] = [];
const edges: Edge[] = [];
const failures: unknown[] = [];
const dice = new Dice(SEED);
const oracle = new Oracle(shapes);
const generator = new Generator(shapes, dice.fork());
let application: EntitiesApplication;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "livedist-model-"));
  const file = join(folder, "site.db");
  store = await openStore(`sqlite:${file}`, { synchronous: "normal" });
  await store.clients.add({ clientId: "model", bitNumber: 0 });
  application = new EntitiesApplication(store, oracle, systemClock, dice.fork());
  server = new OtherServer(file, ["--entities"]);
  await server.start();
  for (const transport of ["webSocket", "longPoll"] as const)
    for (const slice of slices) startReplica(slice, transport);
}, 60_000);

afterAll(async () => {
  for (const replica of replicas) await replica.stop();
  for (const edge of edges) await edge.close();
  await server.kill();
  await store.close();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

function startReplica(slice: string, transport: "webSocket" | "longPoll"): void {
  const fail = (error: unknown): void => void failures.push(error);
  const edge = new Edge(new HttpClient({ clientId: "model", servers: [server.url], transport }), {
    schema,
    tracking: "transition",
  });
  const copy = new CheckedCopy(
    `${slice} over ${transport}, seed ${SEED}`,
    { oracle, shapes, clock: systemClock, fail },
    dice.fork(),
    0,
  );
  // Without luck in the waits, so that they stay short.
  const replica = new Replica(edge, { slice, copy, random: () => 0 });
  let last: unknown;
  replica.on("error", (error) => (last = error));
  replica.on("state", (state) => state === "failed" && fail(last));
  replica.start().catch(() => undefined);
  replicas.push(replica);
  edges.push(edge);
}

/** Waits until every copy is at the end of the log, and holds each against the oracle. */
async function expectSettled(): Promise<void> {
  const { lastSequence } = await store.log.bounds();
  expect(lastSequence).toBe(oracle.lastSequence);
  const isThere = (edge: Edge, index: number): boolean =>
    edge.sequence === lastSequence && replicas[index]!.state === "live";
  while (failures.length === 0 && !edges.every(isThere)) {
    // What only moves the position comes late; a delta for everyone comes at once.
    await wait(50);
    if (edges.every((edge, index) => isThere(edge, index) || edge.sequence < lastSequence)) await wait(50);
  }
  if (failures.length > 0) throw failures[0];
  for (const { copy } of replicas) copy.check({ ...copy.state()!, position: { epoch: "", sequence: lastSequence } });
}

/** Commits an entity that every slice selects, so that every copy gets to the end of the log. */
async function writeForEveryone(): Promise<void> {
  const topics = ["T1", "T3", "T4"];
  const fields = { labels: topics, name: "for everyone" };
  const operation = {
    kind: "create",
    className: "Party",
    techId: dice.guid(),
    topics,
    updateTimeMs: 0,
    fields,
  } as const;
  const before = oracle.lastSequence;
  // Some transactions are rolled back.
  while (oracle.lastSequence === before) await application.transaction(() => [operation]);
  await wait(0);
}

async function write(isGoingOn: () => boolean): Promise<void> {
  while (isGoingOn()) {
    await application.transaction(() => generator.transaction(oracle.state, 0, (done) => oracle.after(done)));
    await wait(dice.between(0, 30));
  }
}

test(
  `a server that is killed ${KILLS} times, seed ${SEED}: each copy is what the oracle says`,
  { timeout: 120_000 },
  async () => {
    process.stdout.write(`model with processes: seed ${SEED}\n`);
    let isGoingOn = true;
    const writing = write(() => isGoingOn);
    for (let kills = 0; kills < KILLS; kills++) {
      await wait(dice.between(0, 600));
      await server.kill();
      await wait(dice.pick([0, 0, 300]));
      await server.start();
    }
    isGoingOn = false;
    await writing;
    await writeForEveryone();
    await expectSettled();
    expect(server.problems).toEqual([]);
    expect(oracle.lastSequence).toBeGreaterThan(30);
  },
);

test(
  "a writer that is killed in its transactions: what it committed arrives, the rest never",
  { timeout: 120_000 },
  async () => {
    let inDoubt = 0;
    for (let first = 1; first <= 3_000; first += 1_000) {
      const before = (await store.log.bounds()).lastSequence;
      // The copies may hear of a transaction before this process does.
      for (let number = first; number < first + 200; number++) oracle.commit(numberedOperations(number, first));
      const writer = new OtherProcess("./writer-process.ts", [
        "--file",
        join(folder, "site.db"),
        "--first",
        String(first),
      ]);
      await writer.says(`committed ${first + dice.between(1, 10)}`);
      await wait(dice.between(0, 20));
      await writer.kill();
      const committed = (await store.log.bounds()).lastSequence - before;
      const told = writer.all("committed").length;
      expect(committed).toBeGreaterThanOrEqual(told);
      expect(committed).toBeLessThanOrEqual(writer.all("begun").length);
      if (writer.all("begun").length > told) inDoubt++;
      oracle.takeBack(before + committed);
    }
    await writeForEveryone();
    await expectSettled();
    expect(inDoubt).toBeGreaterThan(0);
  },
);

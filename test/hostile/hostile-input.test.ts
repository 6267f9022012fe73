import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deltaClass } from "../../src/delta/delta-class.js";
import { string } from "../../src/delta/field-types.js";
import { makeSchema } from "../../src/delta/schema.js";
import { Edge } from "../../src/edge/edge.js";
import { HttpClient } from "../../src/edge/http-client.js";
import { MapCopy } from "../../src/edge/map-copy.js";
import { Replica } from "../../src/edge/replica.js";
import { Dice } from "../support/dice.js";
import { AttackedSite } from "./attacked-site.js";
import { type Attack, makeAttack } from "./attacks.js";
import { sendAttack } from "./send-attack.js";
import { keys, OPEN, SECRET } from "./told.js";

/** A few in every run; `npm run hostile` sends 100,000. */
const COUNT = Number(process.env["LIVEDIST_HOSTILE_INPUTS"] ?? 1_000);
const SEED = Number(process.env["LIVEDIST_HOSTILE_SEED"] ?? 1);
const AT_ONCE = 40;
const WRITE_EVERY = 100;
/** What caches and code that is compiled on the way may take; a thousandth of it for each input would be seen at once. */
const GROWTH_BYTES_MAX = 24 * 1024 * 1024;

const schema = makeSchema("v1", [deltaClass("Note", { text: string() })]);
let site: AttackedSite;
let replicas: { readonly replica: Replica; readonly copy: MapCopy }[];
let written = 0;

beforeAll(async () => {
  site = await AttackedSite.start();
  await write();
  replicas = await Promise.all([follow("streaming", "webSocket"), follow("polling", "longPoll")]);
});

afterAll(async () => {
  await Promise.all(replicas.map(({ replica }) => replica.stop()));
  await site.stop();
});

function keyOf(clientId: string): string {
  return keys.find((known) => known.clientId === clientId)!.key;
}

/** Begins to keep a copy of what may be seen, as a client that means well. */
async function follow(clientId: string, transport: "webSocket" | "longPoll"): Promise<(typeof replicas)[number]> {
  const copy = new MapCopy();
  const client = new HttpClient({ clientId, servers: [site.url], transport, token: keyOf(clientId) });
  const replica = new Replica(new Edge(client, { schema, tracking: "transition" }), {
    slice: OPEN,
    copy,
  });
  await replica.start();
  return { replica, copy };
}

async function write(): Promise<void> {
  expect((await site.ask("write")).errors).toEqual([]);
  written++;
}

interface Sent {
  readonly attack: Attack;
  readonly answer: Buffer;
}

/** Sends attacks, some at a time; counts their kinds, and how they were answered. */
async function attackWith(count: number, dice: Dice): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  let begun = 0;
  const one = async (): Promise<void> => {
    while (begun < count) {
      begun++;
      const attack = makeAttack(dice);
      const answer = await sendAttack(site.port, attack.bytes);
      check({ attack, answer });
      for (const what of [attack.kind, answeredBy(answer)]) counts.set(what, (counts.get(what) ?? 0) + 1);
    }
  };
  const writing = async (): Promise<void> => {
    for (let next = WRITE_EVERY; begun < count; next += WRITE_EVERY) {
      while (begun < Math.min(next, count)) await new Promise((resolve) => setTimeout(resolve, 5));
      await write();
    }
  };
  await Promise.all([writing(), ...Array.from({ length: AT_ONCE }, one)]);
  return counts;
}

function answeredBy(answer: Buffer): string {
  const text = answer.toString("latin1");
  // What an insider may see, and is given where its request is still a valid one: what would leak looks like that.
  if (text.includes(OPEN.repeat(2))) return "given what may be seen";
  return /^HTTP\/1\.1 \d+/.exec(text)?.[0] ?? "no answer";
}

/** Fails where an answer holds what its receiver may not see, or says that the server did not know what to do. */
function check({ attack, answer }: Sent): void {
  const text = answer.toString("latin1");
  const isLeak = text.includes(SECRET.repeat(2)) || (!attack.isInsider && text.includes(OPEN.repeat(2)));
  const isConfused = text.startsWith("HTTP/1.1 500") || text.includes('"Internal"');
  if (isLeak || isConfused) {
    expect.fail(`${attack.kind}, base64 ${attack.bytes.toString("base64")}, was answered: ${text.slice(0, 500)}`);
  }
}

/** Waits until something holds; the test's own time-out ends the wait. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe("hostile input", () => {
  it(
    `neither stops a server, nor makes it grow, nor gets a byte too much, nor disturbs others (${COUNT} inputs)`,
    async () => {
      const dice = new Dice(SEED);
      await attackWith(Math.ceil(COUNT / 10), dice);
      const before = (await site.ask("memory")).bytes!;
      const counts = await attackWith(COUNT, dice);
      const kinds = ["bytes", "frames", "headers", "json", "messages", "techIds"];
      const answers = ["HTTP/1.1 101", "HTTP/1.1 200", "HTTP/1.1 400", "HTTP/1.1 403", "given what may be seen"];
      expect([...counts.keys()]).toEqual(expect.arrayContaining([...kinds, ...answers]));
      expect(site.isAlive).toBe(true);
      // Those who mean well have all that was written, and nothing else.
      for (const { copy } of replicas) await until(() => copy.size === written);
      const asks = { Authorization: `Bearer ${keyOf("streaming")}` };
      expect((await fetch(`${site.url}/metrics`, { headers: asks })).status).toBe(403);
      expect((await fetch(`${site.url}/readyz`)).status).toBe(200);
      const { bytes, errors } = await site.ask("memory");
      expect(errors).toEqual([]);
      // What was written stands in the cache and in the database in memory; attacks leave nothing.
      const growth = bytes! - before;
      expect(growth).toBeLessThan(GROWTH_BYTES_MAX);
      if (COUNT >= 10_000)
        process.stdout.write(`${JSON.stringify({ ...Object.fromEntries(counts), written, growth })}\n`);
    },
    60_000 + COUNT * 20,
  );
});

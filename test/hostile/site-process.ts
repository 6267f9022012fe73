// The server that is attacked, in a process of its own: whether it ends, and what it takes in memory, is its own doing.
import { createHash } from "node:crypto";
import { deltaClass } from "../../src/delta/delta-class.js";
import { string } from "../../src/delta/field-types.js";
import { makeSchema } from "../../src/delta/schema.js";
import { Entities } from "../../src/entities/entities.js";
import { TokenPermit } from "../../src/site/permits/token-permit.js";
import { startLiveDist } from "../../src/site/start-live-dist.js";
import { openStore } from "../../src/store/open-store.js";
import { keys, OPEN, SECRET, type Told } from "./told.js";

const Note = deltaClass("Note", { text: string() });
const schema = makeSchema("v1", [Note]);
const store = await openStore("sqlite::memory:");
for (const [bitNumber, { clientId }] of keys.entries()) await store.clients.add({ clientId, bitNumber });
const topicsOf = ({ fields }: { fields: Readonly<Record<string, unknown>> }): string[] => [
  String(fields["text"]).slice(0, 4),
];
const entities = new Entities(store, schema, { topicsOf });
const hash = (key: string): string => createHash("sha256").update(key).digest("hex");
const permit = new TokenPermit({
  keys: keys.map(({ clientId, key }) => ({ sha256: hash(key), clientId, topics: [OPEN], registration: true })),
});
const errors: string[] = [];
const ignore = (): void => undefined;
const tell = ({ err }: Record<string, unknown>, message: string): void =>
  void errors.push(`${message}: ${err instanceof Error ? (err.stack ?? err.message) : String(err)}`);
const server = await startLiveDist({
  ...{ schema, store, reader: entities, permit, environment: {}, config: { LiveDistPort: "0", LiveDistPollMs: "20" } },
  logger: { debug: ignore, info: ignore, warn: ignore, error: tell },
});

async function write(text: string): Promise<void> {
  await entities.transaction((unit) => unit.create(Note, { text }));
  await entities.notifyDeltaServer();
}

const answers: Readonly<Record<string, () => Promise<Told> | Told>> = {
  write: async () => {
    for (const topic of [OPEN, SECRET]) await write(`${topic} ${topic.repeat(10)}`);
    return { errors };
  },
  memory: () => {
    globalThis.gc!();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return { errors, bytes: heapUsed + arrayBuffers };
  },
};

process.on("message", (question: string) => {
  void (async () => process.send!(await answers[question]!()))();
});
process.on("disconnect", () => process.exit());
process.send!({ errors, url: server.url } satisfies Told);

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { LiveDistError, toWireError } from "../../src/base/errors.js";
import { decodeDeltaBuffer } from "../../src/delta/delta-buffer.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import { openStore } from "../../src/store/open-store.js";
import type { Frame } from "../../src/wire/frames.js";
import type { Request } from "../../src/wire/requests.js";
import { ManualClock } from "../support/manual-clock.js";
import { afterThis, delta, framesOf, OneSite, schema } from "../support/one-site.js";
import { techIdsOf } from "../support/registered-client.js";
import type { AnswerPiece } from "../../src/wire/live-dist-service.js";

const { signal } = new AbortController();

/** A registered client that writes down what it says and hears, as the example of the protocol's page shows it. */
class Transcript {
  readonly lines: string[] = [];
  site: OneSite;

  constructor(site: OneSite) {
    this.site = site;
  }

  async append(...deltas: DeltaObject[]): Promise<void> {
    const sequence = await this.site.append(deltas);
    this.note(`${sequence} is committed: ${deltas.map(inWords).join(", ")}`);
  }

  note(text: string): void {
    this.#begin();
    this.lines.push(`# ${text}`);
  }

  /** Says what a request says, but for who asks, and what it is answered with. */
  async ask(request: Record<string, unknown>, held?: readonly number[]): Promise<void> {
    this.#begin();
    this.lines.push(`> ${JSON.stringify(request)}${held ? ` + tech-ids of ${held.join(", ")}` : ""}`);
    const asked = { clientId: "c1", tracking: "registration", ...request, ...(held && { techIds: techIdsOf(held) }) };
    try {
      const answer = await answerOf(this.site, asked as unknown as Request);
      this.lines.push(...("json" in answer ? [`< ${JSON.stringify(answer.json)}`] : answer.frames.map(frameInWords)));
    } catch (error) {
      if (!(error instanceof LiveDistError)) throw error;
      this.lines.push(`< 409 ${JSON.stringify({ error: toWireError(error) })}`);
    }
  }

  /** Sets what was answered apart from what follows. */
  #begin(): void {
    if (!this.lines.at(-1)?.startsWith("#")) this.lines.push("");
  }
}

type Answer = { readonly json: object } | { readonly frames: readonly Frame[] };

async function answerOf({ service }: OneSite, request: Request): Promise<Answer> {
  switch (request.service) {
    case "BeginSession":
      return { json: await service.beginSession(request) };
    case "SkipLoad":
      return { json: { position: await service.skipLoad(request) } };
    case "UnregisterEntities":
      return { json: await service.unregisterEntities(request) };
    case "FullLoad":
      return read(await service.fullLoad(request, signal));
    case "SyncLoad":
      return read(await service.syncLoad(request, signal));
    case "PartialLoad":
      return read(await service.partialLoad(request, signal));
    case "SelectMinus":
      return read(await service.selectMinus(request, signal));
    case "FetchDeltas":
      return { frames: framesOf(await service.fetchDeltas(request, signal)) };
    default:
      throw new TypeError(request.service);
  }
}

async function read(answer: AsyncIterable<AnswerPiece>): Promise<Answer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of answer) pieces.push(...piece);
  return { frames: framesOf(pieces) };
}

function frameInWords(frame: Frame): string {
  const inFrame = (buffer: Uint8Array): string[] =>
    decodeDeltaBuffer({ own: schema, named: () => schema }, buffer).map(inWords);
  switch (frame.kind) {
    case "HEAD":
      return `< HEAD ${JSON.stringify(frame.head)}`;
    case "ENTITIES":
      // They come in any order.
      return `< ENTITIES ${inFrame(frame.deltaBuffer).sort().join(", ")}`;
    case "ROW":
      return `< ROW ${frame.sequence}: ${inFrame(frame.deltaBuffer).join(", ")}`;
    case "POSITION":
      return `< POSITION ${frame.sequence}`;
    case "GONE":
      return `< GONE ${[...frame.techIds.filter((_, at) => at % 16 === 15)].join(", ")}`;
    case "SPAN":
      return `< SPAN ${frame.from} ${frame.to}`;
    case "END":
      return "< END";
    case "JSON":
      return `< JSON ${JSON.stringify(frame.json)}`;
    case "ERROR":
      throw frame.error;
  }
}

function inWords({ oper, techId, topics, fields, forThisClientAlone }: DeltaObject): string {
  const values = Object.keys(fields).length > 0 ? ` ${JSON.stringify(fields)}` : "";
  const flag = forThisClientAlone ? " for this client alone" : "";
  return `${oper} ${Number(techId.slice(-12))} [${topics.join()}]${values}${flag}`;
}

const create = (number: number, topic: string, name: string): DeltaObject =>
  delta("CREATE", number, { topics: [topic], fields: { name } });
const update = (number: number, topic: string, size: number): DeltaObject =>
  delta("UPDATE", number, { topics: [topic], fields: { size } });

async function transcript(): Promise<string> {
  const clock = new ManualClock();
  const store = await openStore("sqlite::memory:", { clock, random: () => 0.31 });
  afterThis(() => store.close());
  await store.clients.add({ clientId: "c1", bitNumber: 0 });
  const site = await OneSite.start({ store });
  const { epoch } = await site.position();
  const said = new Transcript(site);
  await said.append(create(1, "A", "Lima"), create(2, "A", "Oslo"), create(3, "B", "Rome"));
  await said.ask({ service: "BeginSession" });
  await said.ask({ service: "FullLoad", session: 2, command: 1, topicsSlice: "A" });
  await said.append(update(1, "A", 9));
  const fetch = (session: number, topicsSlice: string, sequence: number, stamp: string): Promise<void> => {
    const position = { epoch, sequence, stamp };
    return said.ask({ service: "FetchDeltas", session, topicsSlice, position, waitMsMax: 0 });
  };
  await fetch(2, "A", 3, "3");
  await said.append(create(4, "A", "Bonn"));
  await said.ask({
    ...{ service: "PartialLoad", session: 2, command: 2, topicsSlice: "A", newTopicsSlice: "B" },
    position: { epoch, sequence: 4, stamp: "3" },
  });
  await said.ask({ service: "SelectMinus", oldTopicsSlice: "A", newTopicsSlice: "B" });
  said.note("the client drops 1, 2 and 4, and stores that together with its position, without the stamp (R42)");
  await said.append(update(1, "A", 10), update(2, "B", 4));
  const position = { epoch, sequence: 6, stamp: "6" };
  const unregister = { service: "UnregisterEntities", session: 2, command: 3, topicsSlice: "B", position };
  await said.ask(unregister, [1, 2, 4]);
  await fetch(2, "B", 6, "6");
  said.note("it skips what row 7 says of 1 and 2, takes the FULL of 2, and stores its position with the stamp again");
  said.note("the client starts again");
  await said.ask({ service: "BeginSession" });
  await said.ask({ service: "SkipLoad", session: 9, topicsSlice: "B", position: { epoch, sequence: 8, stamp: "6" } });
  await fetch(9, "B", 8, "6");
  await site.close();
  said.site = await OneSite.start({ store });
  said.note("the server starts again");
  await said.append(delta("DELETE", 3, { topics: ["B"] }), create(5, "B", "Bern"));
  await fetch(9, "B", 10, "6");
  const sync = { service: "SyncLoad", session: 9, command: 1, topicsSlice: "B" };
  await said.ask({ ...sync, position: { epoch, sequence: 10, stamp: "6" } }, [2, 3]);
  await fetch(9, "B", 12, "12");
  return said.lines.join("\n").trim().replaceAll(epoch, "4f5c…");
}

it("the example of docs/protocol.md is what a server answers", async () => {
  const [, shown] =
    /## An example[\s\S]*?```text\n([\s\S]*?)\n```/.exec(readFileSync("docs/protocol.md", "utf8")) ?? [];
  expect(shown).toBe(await transcript());
});

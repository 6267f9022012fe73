import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { encodeDeltaBuffer } from "../../src/delta/delta-buffer.js";
import { startLiveDist } from "../../src/site/start-live-dist.js";
import { openStore } from "../../src/store/open-store.js";
import type { Store } from "../../src/store/store.js";
import { FrameReader, type Frame } from "../../src/wire/frames.js";
import { afterThis, appendBytes, delta, schema } from "../support/one-site.js";

const APPENDED = 8;

async function open(file: string): Promise<Store> {
  const store = await openStore(`sqlite:${file}`);
  afterThis(() => store.close());
  return store;
}

/** More than a stream's window holds, so that the server waits for the client. */
async function appendMuch(store: Store): Promise<void> {
  const name = "x".repeat(1_000_000);
  for (let number = 0; number < APPENDED; number++) {
    await appendBytes(store, encodeDeltaBuffer(schema, [delta("CREATE", number, { topics: ["A"], fields: { name } })]));
  }
}

it("R24: ends the stream of a client that never acknowledges, and whose row another process changes", async () => {
  const folder = mkdtempSync(join(tmpdir(), "livedist-"));
  afterThis(() => rmSync(folder, { recursive: true }));
  const store = await open(join(folder, "site.db"));
  await store.clients.add({ clientId: "c1", bitNumber: 0 });
  const { epoch } = await store.log.bounds();
  const server = await startLiveDist({ config: { LiveDistPort: "0" }, environment: {}, schema, store });
  afterThis(() => server.close());

  const socket = new WebSocket(`${server.url.replace("http", "ws")}/LiveDist1/Delta.config`);
  const frames: Frame[] = [];
  socket.on("message", (data) => frames.push(...new FrameReader().push(data as Buffer)));
  const position = { epoch, sequence: 0 };
  const request = {
    service: "FetchDeltas",
    clientId: "c1",
    tracking: "none",
    topicsSlice: "A",
    position,
    waitMsMax: 100,
  };
  socket.on("open", () => socket.send(JSON.stringify(request)));
  const closed = new Promise<number>((resolve) => socket.on("close", resolve));
  await appendMuch(store);
  while (!frames.some(({ kind }) => kind === "ROW")) await new Promise((resolve) => setTimeout(resolve, 10));

  const elsewhere = await open(join(folder, "site.db"));
  await elsewhere.clients.disable("c1");
  expect(await closed).toBe(1008);
  expect(frames.at(-1)).toMatchObject({ kind: "ERROR", error: { code: "ClientDisabled" } });
  expect(frames.filter(({ kind }) => kind === "ROW").length).toBeLessThan(APPENDED);
});

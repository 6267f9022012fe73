import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { KEEP_ALIVE_MS_MAX } from "../src/base/limits.js";
import { Reception } from "../src/entities/reception.js";
import { startLiveDist } from "../src/site/start-live-dist.js";
import { openStore } from "../src/store/open-store.js";
import { serveParent } from "./child.js";
import { readingSchema, ReadingSource } from "./fan-out-deltas.js";

/* The server side of http.ts: LiveDist with some deltas in its log, or a plain server of the same bytes; each in a process of its own. */

serveParent({ startLiveDist: start, startPlain });

async function start(argument: unknown): Promise<string> {
  const { seed, deltas } = argument as { seed: number; deltas: number };
  const store = await openStore("sqlite::memory:");
  await store.clients.add({ clientId: "bench", bitNumber: 0 });
  const server = await startLiveDist({
    config: { LiveDistPort: "0", LiveDistRequestsPerSecondMax: "0" },
    schema: readingSchema,
    store,
    environment: {},
  });
  const reception = new Reception(store, readingSchema);
  const source = new ReadingSource(seed);
  for (let row = 0; row < deltas; row++) {
    await store.transaction((transaction) => reception.append(transaction, [source.update()]));
  }
  await reception.notifyDeltaServer();
  return server.url;
}

/** Gives, to whatever is posted, answers that it is told: at "/0" the first of them, and so on. */
async function startPlain(argument: unknown): Promise<string> {
  const answers = argument as readonly { readonly headers: Record<string, string>; readonly body: Uint8Array }[];
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS_MAX }, (request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      JSON.parse(Buffer.concat(pieces).toString());
      const { headers, body } = answers[Number(request.url!.slice(1))]!;
      response.writeHead(200, headers).end(body);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

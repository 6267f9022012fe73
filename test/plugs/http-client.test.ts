import { expect, it } from "vitest";
import { LiveDistError } from "../../src/base/errors.js";
import { Edge } from "../../src/edge/edge.js";
import { MapCopy } from "../../src/edge/map-copy.js";
import { Replica } from "../../src/edge/replica.js";
import type { HttpStream, IHttpClient } from "../../src/plugs/http-client.js";
import type { LiveDistService } from "../../src/wire/live-dist-service.js";
import type { FetchDeltasRequest, Request } from "../../src/wire/requests.js";
import { afterThis, City, delta, id, OneSite, schema } from "../support/one-site.js";
import { nextBatch } from "../../src/wire/next-batch.js";
import { answer, takeApart } from "./answer.js";
import { all } from "./application.js";

/** Calls a service in the same process; loads, polls and streams, with flow control of one batch. */
class InProcessClient implements IHttpClient {
  readonly clientId = "c1";
  readonly asked: string[] = [];
  readonly #service: LiveDistService;
  readonly #closing = new AbortController();

  constructor(service: LiveDistService) {
    this.#service = service;
  }

  async frames(request: Request, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const answered = await this.#ask(request, signal);
    if ("json" in answered) throw new LiveDistError("Request", "frames were expected");
    return answered.pieces;
  }

  async json(request: Request, signal?: AbortSignal): Promise<Record<string, unknown>> {
    const answered = await this.#ask(request, signal);
    if (!("json" in answered)) throw new LiveDistError("Request", "JSON was expected");
    return { ...answered.json };
  }

  async stream(request: Request, signal = new AbortController().signal): Promise<HttpStream> {
    this.asked.push("stream");
    const ending = new AbortController();
    const end = () => ending.abort(new LiveDistError("Closed", "enough"));
    for (const one of [signal, this.#closing.signal]) one.addEventListener("abort", end);
    const stream = await this.#service.openStream(request as FetchDeltasRequest, ending.signal);
    let acknowledged: () => void = () => undefined;
    return {
      acknowledge: () => acknowledged(),
      close: end,
      async *[Symbol.asyncIterator]() {
        yield stream.head;
        for (;;) {
          const { frames } = await nextBatch(stream);
          const taken = new Promise<void>((resolve) => (acknowledged = resolve));
          yield* frames;
          await taken;
        }
      },
    };
  }

  close(): Promise<void> {
    this.#closing.abort();
    return Promise.resolve();
  }

  #ask(request: Request, signal = new AbortController().signal) {
    this.asked.push(request.service);
    const { json, techIds } = takeApart(request);
    return answer(this.#service, json, techIds, signal);
  }
}

it("may be one that calls a server in the same process", async () => {
  const site = await OneSite.start();
  await site.append([delta("CREATE", 1, { topics: ["A"], fields: { name: "one" } })]);
  const client = new InProcessClient(site.service);
  const edge = new Edge(client, { schema, tracking: "transition", clock: site.clock });
  const replica = new Replica(edge, { slice: "A", copy: new MapCopy() });
  afterThis(() => replica.stop());
  await replica.start();
  expect(replica.copy.get(id(1))?.fields).toMatchObject({ name: "one" });

  const changed = new Promise<void>((resolve) => replica.on("change", () => resolve()));
  await site.append([delta("UPDATE", 1, { topics: ["A"], fields: { name: "two" } })]);
  await changed;
  expect(replica.copy.get(id(1))?.fields).toMatchObject({ name: "two" });
  expect(client.asked).toEqual(["FullLoad", "stream"]);

  const unknown = new Edge(new InProcessClient(site.service), { tracking: "none" });
  const [loaded] = await all(await unknown.fullLoad("A"));
  expect(loaded?.deltaClass.name).toBe(City.name);
  await expect(unknown.fullLoad("A**")).rejects.toMatchObject({ code: "TopicsSlice" });
});

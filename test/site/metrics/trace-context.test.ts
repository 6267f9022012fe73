import { context, ROOT_CONTEXT, trace, TraceFlags } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Edge } from "../../../src/edge/edge.js";
import { HttpClient } from "../../../src/edge/http-client.js";
import { Reception } from "../../../src/entities/reception.js";
import { startLiveDist } from "../../../src/site/start-live-dist.js";
import { openStore } from "../../../src/store/open-store.js";
import { afterThis, delta, schema } from "../../support/one-site.js";

const span = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  traceFlags: TraceFlags.SAMPLED,
};
const traced = { ...span, isRemote: true, sequence: 1 };

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

/** A site, its Reception, and a proxy of it. */
async function start() {
  const store = await openStore("sqlite::memory:");
  afterThis(() => store.close());
  for (const [bitNumber, clientId] of ["c1", "c2", "proxy"].entries()) await store.clients.add({ clientId, bitNumber });
  const common = { schema, environment: {} };
  const site = await startLiveDist({ ...common, config: { LiveDistPort: "0" }, store });
  afterThis(() => site.close());
  const proxyConfig = { LiveDistSiteName: "p", LiveDistClientId: "proxy", LiveDistMotherServers: site.url };
  const proxy = await startLiveDist({ ...common, config: { ...proxyConfig, LiveDistPort: "0" } });
  afterThis(() => proxy.close());
  const reception = new Reception(store, schema);
  const append = async (number: number): Promise<void> => {
    await store.transaction((transaction) =>
      reception.append(transaction, [delta("CREATE", number, { topics: ["A"], fields: { name: "x", size: 1 } })]),
    );
    await reception.notifyDeltaServer();
  };
  return { site, proxy, append };
}

/** Gives an Edge that has loaded, as soon as the server can be loaded from. */
async function subscribed(url: string, clientId: string, tracking: "transition" | "registration"): Promise<Edge> {
  const edge = new Edge(new HttpClient({ clientId, servers: [url] }), { schema, tracking });
  afterThis(() => edge.close());
  for (;;) {
    try {
      for await (const entity of await edge.fullLoad("A")) expect(entity.oper).toBe("CREATE");
      return edge;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function within<T>(work: () => Promise<T>): Promise<T> {
  return context.with(trace.setSpan(ROOT_CONTEXT, trace.wrapSpanContext(span)), work);
}

describe("the context of a trace", () => {
  it("goes from the span that appends to edges of both kinds, and through a proxy", async () => {
    const { site, proxy, append } = await start();
    const edges = [
      await subscribed(site.url, "c1", "transition"),
      await subscribed(site.url, "c2", "registration"),
      await subscribed(proxy.url, "c1", "transition"),
    ];
    await within(() => append(1));
    for (const edge of edges) {
      const [batch] = await take(edge);
      expect(batch!.traces).toEqual([{ ...traced, sequence: batch!.deltas[0]!.sequence }]);
      expect(batch!.deltas[0]!.fields).toEqual({ name: "x", size: 1 });
    }
  });

  it("is nowhere without an active span", async () => {
    const { site, append } = await start();
    const edge = await subscribed(site.url, "c1", "transition");
    await append(1);
    const [batch] = await take(edge);
    expect(batch!.deltas).toHaveLength(1);
    expect(batch).not.toHaveProperty("traces");
  });
});

async function take(edge: Edge) {
  for await (const batch of edge.deltas()) return [batch];
  return [];
}

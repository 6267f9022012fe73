import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { LIVEDIST_VERSION } from "../../../src/base/version.js";
import { LiveDistError, PermissionError } from "../../../src/base/errors.js";
import { HttpClient } from "../../../src/edge/http-client.js";
import { Edge } from "../../../src/edge/edge.js";
import type { IPermit } from "../../../src/plugs/permit.js";
import { startLiveDist } from "../../../src/site/start-live-dist.js";
import { siteMetrics } from "../../../src/site/metrics/site-metrics.js";
import { openStore } from "../../../src/store/open-store.js";
import type { Store } from "../../../src/store/store.js";
import { afterThis, appendBytes, delta, schema } from "../../support/one-site.js";
import { encodeDeltaBuffer } from "../../../src/delta/delta-buffer.js";

async function start(permit?: IPermit): Promise<{ url: string; store: Store }> {
  const store = await openStore("sqlite::memory:");
  afterThis(() => store.close());
  await store.clients.add({ clientId: "c1", bitNumber: 0 });
  const server = await startLiveDist({
    ...{ schema, environment: {}, store, config: { LiveDistPort: "0", LiveDistPollMs: "20" } },
    ...(permit && { permit }),
  });
  afterThis(() => server.close());
  return { url: server.url, store };
}

/** Gives the value of each line, by what stands in front of it. */
async function scrape(url: string): Promise<Map<string, number>> {
  const response = await fetch(`${url}/metrics`);
  expect(response.headers.get("content-type")).toContain("text/plain; version=0.0.4");
  const lines = (await response.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
  );
}

/** Asks until the metrics are as they should be; the test's own time-out ends the wait. */
async function scrapedWhen(
  url: string,
  holds: (metrics: Map<string, number>) => boolean,
): Promise<Map<string, number>> {
  for (;;) {
    const metrics = await scrape(url);
    if (holds(metrics)) return metrics;
  }
}

describe("GET /metrics", () => {
  it("tells what the server has, and what it did", async () => {
    const { url, store } = await start();
    await appendBytes(store, encodeDeltaBuffer(schema, [delta("CREATE", 1, { topics: ["A"] })]));
    const edge = new Edge(new HttpClient({ clientId: "c1", servers: [url] }), { schema, tracking: "transition" });
    afterThis(() => edge.close());
    await scrapedWhen(url, (metrics) => metrics.get("livedist_log_sequence") === 1);
    for await (const entity of await edge.fullLoad("A")) expect(entity.oper).toBe("CREATE");
    const metrics = await scrapedWhen(url, (metrics) => metrics.get("livedist_snapshots") === 0);
    expect(Object.fromEntries(metrics)).toMatchObject({
      [`livedist_info{version="${LIVEDIST_VERSION}",schema="v1",site=""}`]: 1,
      livedist_ready: 1,
      livedist_database_up: 1,
      livedist_entities: 1,
      livedist_log_sequence: 1,
      livedist_log_last_sequence: 1,
      livedist_requests_total: 1,
      livedist_snapshots_total: 1,
      livedist_http_loads: 0,
      'livedist_condition{condition="LogUnreadable"}': 0,
    });
    expect(metrics.get("livedist_http_sent_bytes_total")).toBeGreaterThan(1_000);
    expect(metrics.get("process_resident_memory_bytes")).toBeGreaterThan(1e6);
  });

  it("counts what was refused, by code, whoever refused it", async () => {
    const { url } = await start();
    const path = `${url}/LiveDist1/Delta.config`;
    const headers = { "Content-Type": "application/json" };
    await fetch(path, { method: "POST", headers, body: "{" });
    await fetch(path, { method: "POST", headers, body: JSON.stringify({ service: "ReadSchema", clientId: "nobody" }) });
    const metrics = await scrape(url);
    expect(metrics.get('livedist_http_failures_total{code="Request"}')).toBe(1);
    expect(metrics.get('livedist_http_failures_total{code="UnknownClient"}')).toBe(1);
    expect(metrics.get('livedist_failures_total{code="UnknownClient"}')).toBe(1);
    expect(metrics.has('livedist_failures_total{code="Request"}')).toBe(false);
  });

  it("tells that the database does not answer", async () => {
    const { url, store } = await start();
    await store.close();
    const metrics = await scrape(url);
    expect(metrics.get("livedist_database_up")).toBe(0);
    expect(metrics.has("livedist_log_last_sequence")).toBe(false);
  });

  it("asks the permit, with the token of the header", async () => {
    const asked: unknown[] = [];
    const { url } = await start({
      check: ({ service, credentials }) => {
        asked.push([service, credentials]);
        if (credentials !== "secret") throw new PermissionError("not for you");
      },
    });
    const refused = await fetch(`${url}/metrics`);
    expect(refused.status).toBe(403);
    expect(await refused.text()).not.toContain("livedist_");
    const permitted = await fetch(`${url}/metrics`, { headers: { Authorization: "Bearer secret" } });
    expect(permitted.status).toBe(200);
    expect(asked).toEqual([
      ["ReadMetrics", undefined],
      ["ReadMetrics", "secret"],
    ]);
  });
});

describe("the health of a server", () => {
  it("is up and ready, and asks no permit", async () => {
    const { url } = await start({
      check: () => {
        throw new PermissionError("for nobody");
      },
    });
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ state: "up" });
    const ready = await fetch(`${url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { ready: true, reasons: [] }]);
  });

  it("is not ready while the log cannot be read", async () => {
    const { url, store } = await start();
    store.log.read = () => Promise.reject(new LiveDistError("Store", "the disk is gone"));
    await scrapedWhen(url, (metrics) => metrics.get('livedist_condition{condition="LogUnreadable"}') === 1);
    const ready = await fetch(`${url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, { ready: false, reasons: ["LogUnreadable"] }]);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it("is not ready of a proxy that has not loaded", async () => {
    const mother = "http://127.0.0.1:9";
    const config = { LiveDistSiteName: "p", LiveDistClientId: "p", LiveDistMotherServers: mother, LiveDistPort: "0" };
    const proxy = await startLiveDist({ schema, environment: {}, config });
    afterThis(() => proxy.close());
    const ready = await fetch(`${proxy.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, { ready: false, reasons: ["nothing loaded yet"] }]);
    const metrics = await scrape(proxy.url);
    expect(metrics.get("livedist_connected_to_center")).toBe(0);
    expect(metrics.has("livedist_database_up")).toBe(false);
  });
});

describe("docs/operations.md", () => {
  const page = readFileSync("docs/operations.md", "utf8");

  it("names metrics that there are, and all of the server's own", async () => {
    const { url } = await start();
    const text = await (await fetch(`${url}/metrics`)).text();
    const known = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!));
    const named = new Set([...page.matchAll(/\b(?:livedist|process|nodejs)_[a-z0-9_]+\b/g)].map(([name]) => name));
    expect([...named].filter((name) => !known.has(name) && !/^(process|nodejs)_$/.test(name))).toEqual([]);
    expect(siteMetrics.map(({ name }) => `livedist_${name}`).filter((name) => !named.has(name))).toEqual([]);
  });

  it("names conditions and labels that there are", async () => {
    const { url } = await start();
    const metrics = await scrape(url);
    for (const [selector] of page.matchAll(/livedist_condition\{[^}]+\}/g))
      expect([...metrics.keys()]).toContain(selector);
    const labels = new Map(siteMetrics.map(({ name, labels = [] }) => [`livedist_${name}`, labels]));
    for (const [, name, label] of page.matchAll(/(livedist_\w+)\{(\w+)[=~]/g))
      expect(labels.get(name!)).toContain(label);
  });

  it("says for each alert an expression and what to do", () => {
    const [, alerts = ""] = /^## Alerts\n([\s\S]*?)^## /m.exec(page) ?? [];
    const sections = alerts.split(/^### /m).slice(1);
    expect(sections.length).toBeGreaterThan(15);
    for (const section of sections) expect(section).toMatch(/^.+\n {4}\S.*\n\S/);
  });
});

describe("the version", () => {
  it("is that of the package", () => {
    expect((JSON.parse(readFileSync("package.json", "utf8")) as { version: string }).version).toBe(LIVEDIST_VERSION);
  });
});

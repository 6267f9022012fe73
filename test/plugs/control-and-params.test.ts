import { describe, expect, it } from "vitest";
import { silentLogger } from "../../src/base/logger.js";
import {
  ControlAndParams,
  type CounterName,
  type Details,
  type IControlAndParams,
  type SnapshotProgress,
} from "../../src/plugs/control-and-params.js";
import { Reporter } from "../../src/plugs/reporter.js";
import { startLiveDist } from "../../src/site/start-live-dist.js";
import { settle } from "../support/manual-clock.js";
import { afterThis, codeOfRejection, delta, Logged, newStore, OneSite, schema } from "../support/one-site.js";

/** An application that gives values, and writes down what it is told. */
class RecordingControl implements IControlAndParams {
  readonly told: string[] = [];
  readonly counters: Partial<Record<CounterName, number>> = {};
  readonly #params: Readonly<Record<string, string | number | boolean>>;
  abortsAt = Infinity;

  constructor(params: Readonly<Record<string, string | number | boolean>> = {}) {
    this.#params = params;
  }

  param(key: string): string | number | boolean | undefined {
    return this.#params[key];
  }

  statusChanged(subSystem: string, status: string): void {
    this.told.push(`${subSystem}: ${status}`);
  }

  conditionEntered(condition: string, { clientId = "" }: Details): void {
    this.told.push(`begun: ${condition} ${String(clientId)}`);
  }

  conditionExited(condition: string, { clientId = "" }: Details): void {
    this.told.push(`ended: ${condition} ${String(clientId)}`);
  }

  event(event: string, { clientId = "" }: Details): void {
    this.told.push(`event: ${event} ${String(clientId)}`);
  }

  counter(counter: CounterName, value: number): void {
    this.counters[counter] = value;
  }

  shouldAbortSnapshot({ bytes, snapshot }: SnapshotProgress): boolean {
    expect(snapshot.topicsSlice).toBe("A");
    return bytes >= this.abortsAt;
  }
}

async function start(): Promise<{ site: OneSite; control: RecordingControl }> {
  const control = new RecordingControl();
  const site = await OneSite.start({ reporter: new Reporter(control, silentLogger) });
  const name = "x".repeat(1_000);
  await site.append(
    Array.from({ length: 400 }, (_, number) => delta("CREATE", number, { topics: ["A"], fields: { name } })),
  );
  return { site, control };
}

const client = { clientId: "c1", tracking: "transition", topicsSlice: "A" } as const;

describe("a control", () => {
  it("gives values of the configuration: over web.config, under the environment", async () => {
    const control = new RecordingControl({
      LiveDistApplicationSuffix: 7,
      LiveDistPort: 1,
      LiveDistUseRegistration: false,
    });
    const server = await startLiveDist({
      config: { LiveDistApplicationSuffix: "2", LiveDistTablesPrefix: "T_" },
      environment: { LiveDistPort: "0" },
      schema,
      store: await newStore(),
      control,
    });
    afterThis(() => server.close());
    expect(server.config).toMatchObject({ applicationSuffix: "7", tablesPrefix: "T_", port: 0 });
    expect((await fetch(`${server.url}/LiveDist7/Delta.config`)).status).toBe(200);
    await server.close();
    const states = ["starting", "up", "closing", "closed"];
    expect(control.told).toEqual(states.flatMap((state) => [`delta server: ${state}`, `cache server: ${state}`]));
  });

  it("refuses the start where it gives a value that is none, and says so", async () => {
    const control = new RecordingControl({ LiveDistPort: "eighty" });
    const starting = startLiveDist({ config: {}, environment: {}, schema, store: await newStore(), control });
    await expect(starting).rejects.toThrow('LiveDistPort "eighty" (application) is not accepted');
    expect(control.told).toEqual([]);
  });

  it("hears that a start has failed", async () => {
    const control = new RecordingControl();
    const httpServer = { listen: () => Promise.reject(new TypeError("no")) };
    const store = await newStore();
    const starting = startLiveDist({ config: {}, environment: {}, schema, store, control, httpServer });
    await expect(starting).rejects.toThrow("no");
    expect(control.told.filter((line) => line.startsWith("delta"))).toEqual([
      "delta server: starting",
      "delta server: closed",
    ]);
  });

  it("counts requests, failures, snapshots and streams", async () => {
    const { site, control } = await start();
    await site.load("A");
    expect(await codeOfRejection(site.load("A**"))).toBe("TopicsSlice");
    const { signal, ...controller } = abortable();
    const position = await site.position();
    await site.service.openStream({ ...client, service: "FetchDeltas", position, waitMsMax: 0 }, signal);
    expect(control.counters).toMatchObject({
      requests: 3,
      failures: 1,
      snapshots: 1,
      runningSnapshots: 0,
      runningStreams: 1,
    });
    expect(control.counters.snapshotBytes).toBeGreaterThan(400_000);
    controller.abort();
    expect(control.counters.runningStreams).toBe(0);
  });

  it("aborts a snapshot between two pieces; its client may load again later", async () => {
    const { site, control } = await start();
    control.abortsAt = 100_000;
    expect(await codeOfRejection(site.load("A"))).toBe("Closed");
    expect(control.told).toEqual(["event: SnapshotAborted "]);
    expect(control.counters.runningSnapshots).toBe(0);
    control.abortsAt = Infinity;
    expect((await site.load("A")).ended).toBe(true);
  });

  it("hears of a position from the future, once, until its client is served again", async () => {
    const { site, control } = await start();
    const future = { ...client, position: await site.position(1_000) };
    for (let time = 0; time < 2; time++) expect(await codeOfRejection(site.fetch(future))).toBe("FutureSequence");
    expect(control.told).toEqual(["begun: PositionFromTheFuture c1"]);
    await site.load("A", "transition", "c2");
    expect(control.told).toHaveLength(1);
    await site.load("A");
    expect(control.told.slice(1)).toEqual(["ended: PositionFromTheFuture c1"]);
  });

  it("hears of clients that go, and of a table of clients that cannot be read", async () => {
    const { site, control } = await start();
    const list = site.store.clients.list.bind(site.store.clients);
    site.store.clients.list = () => Promise.reject(new TypeError("away"));
    await site.clock.advance(1_500);
    expect(control.told).toEqual(["begun: ClientsUnreadable "]);
    site.store.clients.list = list;
    await site.store.clients.disable("c2");
    await settle();
    expect(control.told.slice(1)).toEqual(["ended: ClientsUnreadable ", "event: ClientGone c2"]);
  });

  it("hears of a log that cannot be read, and of its end", async () => {
    const { site, control } = await start();
    const read = site.store.log.read.bind(site.store.log);
    site.store.log.read = () => Promise.reject(new TypeError("away"));
    await site.clock.advance(1_500);
    expect(control.told).toEqual(["begun: LogUnreadable "]);
    site.store.log.read = read;
    await site.clock.advance(500);
    expect(control.told.slice(1)).toEqual(["ended: LogUnreadable "]);
  });

  it("may throw: the server logs it and goes on", async () => {
    const logged = new Logged();
    const fail = (): never => {
      throw new TypeError("no");
    };
    class Failing extends ControlAndParams {
      override event = fail;
      override counter = fail;
      override conditionEntered = fail;
      override shouldAbortSnapshot = fail;
    }
    const site = await OneSite.start({ reporter: new Reporter(new Failing(silentLogger), logged) });
    await site.append([delta("CREATE", 1, { topics: ["A"] })]);
    expect((await site.load("A")).ended).toBe(true);
    expect(logged.errors).toContain("a plug threw");
  });
});

describe("the reference control", () => {
  it("says through the logger what happens", async () => {
    const logged = new Logged();
    const server = await startLiveDist({
      config: { LiveDistPort: "0" },
      environment: {},
      schema,
      store: await newStore(),
      logger: logged,
    });
    await server.close();
    const said = logged.lines.filter(({ message }) => message === "a sub-system has another status");
    expect(said.map(({ fields }) => fields["status"])).toEqual(
      ["starting", "up", "closing", "closed"].flatMap((status) => [status, status]),
    );
  });

  it("names errors as loggers do, so that what they say is logged", () => {
    const logged = new Logged();
    const control = new ControlAndParams(logged);
    const error = new Error("disk full");
    control.conditionEntered("LogUnreadable", { error });
    control.event("ClientGone", { clientId: "c1" });
    expect(logged.lines.map(({ fields }) => fields)).toEqual([
      { condition: "LogUnreadable", err: error },
      { event: "ClientGone", clientId: "c1" },
    ]);
  });

  it("can be extended by a method", () => {
    class WithPort extends ControlAndParams {
      override param(key: string): number | undefined {
        return key === "LiveDistPort" ? 8181 : undefined;
      }
    }
    expect(new WithPort(silentLogger).param("LiveDistPort")).toBe(8181);
  });
});

function abortable(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

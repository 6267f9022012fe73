import { networkInterfaces } from "node:os";
import { describe, expect, it } from "vitest";
import { PermissionError } from "../../src/base/errors.js";
import { whenAborted } from "../../src/base/when-aborted.js";
import { Edge } from "../../src/edge/edge.js";
import { HttpClient, type HttpClientOptions } from "../../src/edge/http-client.js";
import { httpNotifier } from "../../src/entities/notifier.js";
import { allowAll, type IPermit, type PermitRequest } from "../../src/plugs/permit.js";
import { PermittedService } from "../../src/site/permitted-service.js";
import { startLiveDist, type LiveDistServer } from "../../src/site/start-live-dist.js";
import { parseTopicsSlice } from "../../src/topics/topics-slice.js";
import { scriptedService } from "../http/scripted-service.js";
import { afterThis, codeOfRejection, Logged } from "../support/one-site.js";
import { all, Application, schema } from "./application.js";

/** Each token is of one client, which may ask for some topics. */
class TokenPermit implements IPermit {
  readonly asked: PermitRequest[] = [];

  check(request: PermitRequest): void {
    this.asked.push(request);
    const { clientId, topicsSlice, credentials } = request;
    if (clientId === undefined ? credentials !== "writer" : credentials !== `token of ${clientId}`)
      throw new PermissionError("who are you?");
    if (topicsSlice === undefined) return;
    for (const topic of parseTopicsSlice(topicsSlice).topics)
      if (topic !== "large") throw new PermissionError(`${clientId ?? ""} may not see ${topic}`);
  }
}

async function start(
  permit: IPermit,
  config: Record<string, string> = {},
): Promise<{ server: LiveDistServer; application: Application; logged: Logged }> {
  const application = await Application.start();
  const { options } = application;
  const logged = new Logged();
  const server = await startLiveDist({
    ...options,
    config: { ...options.config, ...config },
    permit,
    logger: logged,
  });
  afterThis(() => server.close());
  return { server, application, logged };
}

function edgeOf({ url }: LiveDistServer, options: Partial<HttpClientOptions> = {}): Edge {
  const client = new HttpClient({ clientId: "c1", servers: [url], token: "token of c1", ...options });
  const edge = new Edge(client, { schema, tracking: "transition" });
  afterThis(() => edge.close());
  return edge;
}

describe("a permit", () => {
  it("lets clients have what they may, over POST and WebSocket, with a token that may change", async () => {
    const permit = new TokenPermit();
    const { server, application } = await start(permit);
    for (const transport of ["webSocket", "longPoll"] as const) {
      let tokens = 0;
      const edge = edgeOf(server, { transport, token: () => (tokens++, Promise.resolve("token of c1")) });
      await all(await edge.fullLoad("large"));
      const techId = await application.create("Lima", 9);
      for await (const { deltas } of edge.deltas()) {
        expect(deltas).toMatchObject([{ techId }]);
        break;
      }
      expect(tokens).toBeGreaterThan(1);
    }
    expect(new Set(permit.asked.map(({ service }) => service))).toEqual(new Set(["FullLoad", "FetchDeltas"]));
    expect(permit.asked[0]).toEqual({
      service: "FullLoad",
      clientId: "c1",
      tracking: "transition",
      topicsSlice: "large",
      techIdCount: 0,
      isSite: false,
      credentials: "token of c1",
    });
  });

  it("refuses every slice, client and token but these, before the server says whether there is such a client", async () => {
    const { server } = await start(new TokenPermit());
    expect(await codeOfRejection(edgeOf(server).fullLoad("large+small"))).toBe("Permission");
    expect(await codeOfRejection(edgeOf(server, { token: "wrong" }).fullLoad("large"))).toBe("Permission");
    expect(await codeOfRejection(edgeOf(server, { clientId: "c2" }).fullLoad("large"))).toBe("Permission");
    expect(await codeOfRejection(edgeOf(server, { clientId: "nobody" }).fullLoad("large"))).toBe("Permission");
    const token = "token of nobody";
    expect(await codeOfRejection(edgeOf(server, { clientId: "nobody", token }).fullLoad("large"))).toBe(
      "UnknownClient",
    );
    const client = new HttpClient({ clientId: "c1", servers: [server.url] });
    const edge = new Edge(client, { schema, tracking: "none" });
    expect(await codeOfRejection(edge.fullLoad("large"))).toBe("Permission");
  });

  it("refuses a stream as it refuses a fetch", async () => {
    let isOpen = true;
    const { server } = await start({
      check: () => {
        if (!isOpen) throw new PermissionError("not any more");
      },
    });
    for (const transport of ["webSocket", "longPoll"] as const) {
      isOpen = true;
      const edge = edgeOf(server, { transport });
      await all(await edge.fullLoad("large"));
      isOpen = false;
      expect(await codeOfRejection(edge.deltas({ reconnect: false })[Symbol.asyncIterator]().next())).toBe(
        "Permission",
      );
    }
  });

  it("refuses where it fails, and its failure stays in the server's log", async () => {
    const { server, logged } = await start({ check: () => Promise.reject(new TypeError("the secret is 42")) });
    const error: unknown = await edgeOf(server)
      .fullLoad("large")
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "Internal" });
    expect(String(error)).not.toContain("42");
    expect(logged.errors).toEqual(["a request failed"]);
  });

  it("is what lets a server listen beyond its own machine, under any name; allowAll is none", async () => {
    await expect(start(allowAll, { LiveDistHost: "0.0.0.0" })).rejects.toMatchObject({ code: "Config" });
    const { server } = await start(new TokenPermit(), { LiveDistHost: "0.0.0.0" });
    const { port } = new URL(server.url);
    const address = ownAddress() ?? "127.0.0.1";
    const edge = edgeOf(server, { servers: [`http://${address}:${port}`] });
    expect((await edge.fullLoad("large")).count).toBe(0);
  });

  const address = ownAddress();
  it.skipIf(address === undefined)("decides on notifications from other machines, by their token", async () => {
    const permit = new TokenPermit();
    const { server } = await start(permit, { LiveDistHost: "0.0.0.0" });
    const { port } = new URL(server.url);
    const logged = new Logged();
    const notify = (host: string, token?: string): Promise<void> =>
      httpNotifier(`http://${host}:${port}`, { logger: logged, ...(token && { token }) }).notify();
    await notify("127.0.0.1");
    await notify(address!, "writer");
    expect(logged.lines).toEqual([]);
    await notify(address!);
    expect(logged.lines).toMatchObject([{ fields: { status: 403 } }]);
    expect(permit.asked.map(({ service, clientId }) => [service, clientId])).toEqual([
      ["Notify", undefined],
      ["Notify", undefined],
    ]);
  });
});

describe("the service behind a permit", () => {
  const common = { clientId: "c1", tracking: "registration", topicsSlice: "A", token: "t" } as const;
  const position = { epoch: "e", sequence: 1 };
  const techIds = new Uint8Array(32);
  const { signal } = new AbortController();

  it("asks for every service, and for each slice that a request names", async () => {
    const asked: string[] = [];
    const check = ({ service, topicsSlice, techIdCount, credentials }: PermitRequest): void => {
      expect(credentials).toBe("t");
      asked.push(`${service} ${topicsSlice ?? "-"} ${techIdCount}`);
    };
    const service = new PermittedService(scriptedService(), { check });
    const calls = [
      service.beginSession({ service: "BeginSession", clientId: "c1", token: "t" }),
      service.fullLoad({ ...common, service: "FullLoad" }, signal),
      service.syncLoad({ ...common, service: "SyncLoad", techIds }, signal),
      service.partialLoad({ ...common, service: "PartialLoad", position, newTopicsSlice: "B" }, signal),
      service.loadEntities({ ...common, service: "LoadEntities", position, techIds }, signal),
      service.selectMinus(
        { service: "SelectMinus", clientId: "c1", token: "t", oldTopicsSlice: "A", newTopicsSlice: "B" },
        signal,
      ),
      service.skipLoad({ ...common, service: "SkipLoad", position }),
      service.unregisterEntities({ ...common, service: "UnregisterEntities", position, techIds }),
      service.fetchDeltas({ ...common, service: "FetchDeltas", position, waitMsMax: 0 }, signal),
      service.openStream({ ...common, service: "FetchDeltas", position, waitMsMax: 0 }, signal),
      service.readSchema({ service: "ReadSchema", clientId: "c1", token: "t" }),
    ];
    // The script answers nothing: what was asked went through to it.
    expect(await Promise.all(calls.map(codeOfRejection))).toEqual(calls.map(() => "Internal"));
    expect(asked.sort()).toEqual(
      [
        "BeginSession - 0",
        "FullLoad A 0",
        "SyncLoad A 2",
        "PartialLoad A 0",
        "PartialLoad B 0",
        "LoadEntities A 2",
        "SelectMinus A 0",
        "SelectMinus B 0",
        "SkipLoad A 0",
        "UnregisterEntities A 2",
        "FetchDeltas A 0",
        "FetchDeltas A 0",
        "ReadSchema - 0",
      ].sort(),
    );
  });

  it("is not reached where one slice of two is refused", async () => {
    let reached = 0;
    const partialLoad = () => Promise.reject(new PermissionError(`reached ${++reached} times`));
    const service = new PermittedService(scriptedService({ partialLoad }), {
      check: ({ topicsSlice }) => {
        if (topicsSlice === "B") throw new PermissionError("not B");
      },
    });
    const request = { ...common, service: "PartialLoad", position, newTopicsSlice: "B" } as const;
    await expect(service.partialLoad(request, signal)).rejects.toThrow("not B");
    expect(reached).toBe(0);
  });

  it.each([
    ["in time", { untilMs: 1 }],
    ["otherwise", { ended: AbortSignal.abort() }],
  ])("ends a load with the permission of either slice that ends first: %s", async (_, first) => {
    let until: AbortSignal | undefined;
    const partialLoad = (_request: unknown, term: AbortSignal) => {
      until = term;
      return new Promise<never>((_resolve, reject) => whenAborted(term, reject));
    };
    const later = { untilMs: Date.now() + 3_600_000, ended: new AbortController().signal };
    const service = new PermittedService(scriptedService({ partialLoad }), {
      check: ({ topicsSlice }) => (topicsSlice === "A" ? first : later),
    });
    const request = { ...common, service: "PartialLoad", position, newTopicsSlice: "B" } as const;
    expect(await codeOfRejection(service.partialLoad(request, signal))).toBe("Closed");
    expect(until?.aborted).toBe(true);
  });
});

/** Gives an address of this machine under which its programs do not seem to be on it, if it has one. */
function ownAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === "IPv4")?.address;
}

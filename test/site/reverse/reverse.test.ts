import { describe, expect, it } from "vitest";
import { LiveDistError, PermissionError } from "../../../src/base/errors.js";
import { PARKED_SOCKETS_MAX, REQUEST_BYTES_MAX } from "../../../src/base/limits.js";
import { Edge } from "../../../src/edge/edge.js";
import type { PermitRequest } from "../../../src/plugs/permit.js";
import type { FullLoadRequest, Request } from "../../../src/wire/requests.js";
import { batch, end, head, kindsOf, ScriptedStream } from "../../http/scripted-service.js";
import { afterThis, fetchDeltas, fullLoad, serve, settled, skipLoad, until } from "../../http/serving.js";
import { TestClient } from "../../http/test-client.js";
import { codeOfRejection, delta, id, OneSite, schema } from "../../support/one-site.js";
import { Cable, Father, SON, startSon } from "./reverse-sites.js";
import type { AnswerPiece } from "../../../src/wire/live-dist-service.js";

const loadRequest = fullLoad as Request;
const streamRequest = fetchDeltas as Request;
const piece = batch(2, 100_000).frames[0]!;

async function* pieces(...all: Uint8Array[]): AsyncGenerator<AnswerPiece> {
  for (const bytes of all) yield [await Promise.resolve(bytes)];
}

/** Takes an answer up to its error. */
async function kindsUntilError(answer: AsyncIterable<Uint8Array>): Promise<string[]> {
  const kinds: string[] = [];
  for await (const bytes of answer) {
    kinds.push(...kindsOf(bytes));
    if (kinds.includes("ERROR")) break;
  }
  return kinds;
}

async function collect(answer: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const taken: Uint8Array[] = [];
  for await (const bytes of answer) taken.push(bytes);
  return Buffer.concat(taken);
}

function never(_request: unknown, signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
}

describe("a parked connection", () => {
  it("R50, R52: carries a load, whatever its size, and the next one is parked at once", async () => {
    const father = await Father.start();
    const asked: unknown[] = [];
    startSon(father.url, {
      fullLoad: (request) => (
        asked.push(request),
        Promise.resolve(pieces(head, ...Array<Uint8Array>(100).fill(piece), end))
      ),
    });
    const client = father.client();
    for (let load = 0; load < 3; load++) {
      const bytes = await collect(await client.frames(loadRequest));
      expect(bytes.equals(Buffer.concat([head, ...Array<Uint8Array>(100).fill(piece), end]))).toBe(true);
    }
    expect(asked).toEqual([fullLoad, fullLoad, fullLoad]);
    await until(() => father.sockets.count(SON) === 1);
  });

  it("R51: is asked for a load no faster than it is taken", async () => {
    const father = await Father.start();
    let made = 0;
    const endless = async function* () {
      for (;;) {
        made++;
        yield [await Promise.resolve(piece)];
      }
    };
    startSon(
      father.url,
      { fullLoad: () => Promise.resolve(endless()) },
      { limits: { windowBytesMax: 1_000_000, batchBytesMax: 100_000 } },
    );
    const answer = (await father.client().frames(loadRequest))[Symbol.asyncIterator]();
    const first = await settled(() => made);
    expect(first).toBeLessThan(15);
    for (let taken = 0; taken < 10; taken++) await answer.next();
    await until(() => made > first);
    await answer.return!();
    const last = await settled(() => made);
    expect(await settled(() => made)).toBe(last);
  });

  it("R50: carries answers that are JSON, however large, and requests with tech-ids", async () => {
    const father = await Father.start();
    const schemaText = "x".repeat(3 * REQUEST_BYTES_MAX);
    let named!: Uint8Array;
    startSon(father.url, {
      skipLoad: ({ position }) => Promise.resolve(position),
      readSchema: () => Promise.resolve({ schemaName: "v1", schemaText }),
      syncLoad: (request) => ((named = request.techIds!), Promise.resolve(pieces(head, end))),
    });
    const client = father.client();
    expect(await client.json(skipLoad as Request)).toEqual({ position: skipLoad.position });
    expect((await client.json({ service: "ReadSchema", clientId: "c" }))["schemaText"] === schemaText).toBe(true);
    const techIds = new Uint8Array(16 * 200_000).fill(7);
    const syncLoad = { ...(loadRequest as FullLoadRequest), service: "SyncLoad", techIds } as const;
    expect(kindsOf(await collect(await client.frames(syncLoad)))).toEqual(["HEAD", "END"]);
    expect(Buffer.compare(named, techIds)).toBe(0);
  });

  it("R50, R51: carries a stream with acknowledgements, and one batch as well", async () => {
    const father = await Father.start();
    let stream!: ScriptedStream;
    startSon(
      father.url,
      {
        openStream: (_, signal) => Promise.resolve((stream = new ScriptedStream(signal))),
        fetchDeltas: () => Promise.resolve([head, ...batch(2).frames]),
      },
      { limits: { windowBytesMax: 3_500, batchBytesMax: 1_100 } },
    );
    const client = father.client();
    expect(kindsOf(await collect(await client.frames(streamRequest)))).toEqual(["HEAD", "POSITION"]);
    const answer = await client.stream(streamRequest);
    const messages = answer[Symbol.asyncIterator]();
    expect(kindsOf((await messages.next()).value as Uint8Array)).toEqual(["HEAD"]);
    for (let sequence = 2; sequence <= 20; sequence++) stream.push(batch(sequence, 1_000));
    for (let taken = 0; taken < 3; taken++) await messages.next();
    expect(await settled(() => stream.asked)).toBe(3);
    answer.acknowledge(3);
    await until(() => stream.asked === 5);
    answer.close();
    await until(() => stream.isAborted);
  });

  it("R50: carries the error of a service, before and within an answer", async () => {
    const father = await Father.start();
    const fails = async function* () {
      yield [await Promise.resolve(head)];
      throw new LiveDistError("SequenceTooOld", "trimmed");
    };
    startSon(father.url, {
      skipLoad: () => Promise.reject(new LiveDistError("NotRegistered", "no")),
      fullLoad: () => Promise.reject(new TypeError("secret")),
      selectMinus: () => Promise.resolve(fails()),
      openStream: () => Promise.reject(new LiveDistError("EpochChanged", "another")),
    });
    const client = father.client();
    expect(await codeOfRejection(client.json(skipLoad as Request))).toBe("NotRegistered");
    expect(await codeOfRejection(client.frames(loadRequest))).toBe("Internal");
    const minus = { service: "SelectMinus", clientId: "c", oldTopicsSlice: "A", newTopicsSlice: "B" } as const;
    expect(await kindsUntilError(await client.frames(minus))).toEqual(["HEAD", "ERROR"]);
    expect(await kindsUntilError(await client.stream(streamRequest))).toEqual(["ERROR"]);
    expect(await codeOfRejection(client.json({ service: "Notify" }))).toBe("Request");
  });

  it("R50, R52: breaking in the middle, is told as Network, and its son hears of it", async () => {
    const father = await Father.start();
    const cable = await new Cable().lay(father.url);
    const signals: AbortSignal[] = [];
    const stuck = async function* () {
      yield [await Promise.resolve(head)];
      await new Promise(() => undefined);
    };
    startSon(cable.url, { fullLoad: (_, signal) => (signals.push(signal), Promise.resolve(stuck())) });
    const answer = (await father.client().frames(loadRequest))[Symbol.asyncIterator]();
    await answer.next();
    const next = codeOfRejection(answer.next());
    cable.cut();
    expect(await next).toBe("Network");
    await until(() => signals[0]!.aborted);
    await until(() => father.sockets.count(SON) === 1);
  });

  it("R52: is parked again when its father restarts", async () => {
    const father = await Father.start();
    startSon(father.url, { skipLoad: ({ position }) => Promise.resolve(position) });
    await until(() => father.sockets.count(SON) === 1);
    await father.close();
    await until(() => father.sockets.count(SON) === 0);
    await father.start();
    expect(await father.client().json(skipLoad as Request)).toEqual({ position: skipLoad.position });
  });

  it("R49: is refused to a son that is unknown, disabled or not permitted; what runs for it ends", async () => {
    const father = await Father.start();
    const asked: PermitRequest[] = [];
    let signal: AbortSignal | undefined;
    startSon(father.url, { fullLoad: (_, given) => never(undefined, (signal = given)) }, { token: () => "secret" });
    await until(() => father.sockets.count(SON) === 1);
    const running = codeOfRejection(father.client().frames(loadRequest));
    await until(() => signal !== undefined && father.sockets.count(SON) === 1);
    await father.store.clients.disable(SON);
    await until(() => father.sockets.count(SON) === 0);
    expect(await running).toBe("Network");
    await until(() => signal!.aborted);
    const refusalOf = async (clientId: string) => {
      const client = new TestClient({ url: father.url } as Awaited<ReturnType<typeof serve>>);
      await client.open();
      client.socket.send(JSON.stringify({ service: "Park", clientId, token: "t" }));
      return (await client.error()).code;
    };
    expect(await refusalOf(SON)).toBe("ClientDisabled");
    expect(await refusalOf("rome")).toBe("UnknownClient");
    await father.store.clients.enable(SON);
    await until(() => father.sockets.count(SON) === 1);
    father.permit = {
      check(request) {
        asked.push(request);
        throw new PermissionError("no");
      },
    };
    expect(await refusalOf(SON)).toBe("Permission");
    expect(asked[0]).toMatchObject({ service: "Park", clientId: SON, credentials: "t" });
  });

  it("R52: is waited for, and no longer than a connection may take", async () => {
    const father = await Father.start();
    const late = father.client().json(skipLoad as Request);
    startSon(father.url, { skipLoad: ({ position }) => Promise.resolve(position) });
    expect(await late).toEqual({ position: skipLoad.position });
    const given = AbortSignal.abort(new LiveDistError("Closed", "given up"));
    expect(await codeOfRejection(father.client().json(skipLoad as Request, given))).toBe("Closed");
  });

  it("R52: is the oldest that goes where a client parks too many", async () => {
    const father = await Father.start();
    const clients: TestClient[] = [];
    for (let number = 0; number <= PARKED_SOCKETS_MAX; number++) {
      const client = new TestClient({ url: father.url } as Awaited<ReturnType<typeof serve>>);
      clients.push(client);
      await client.open();
      client.socket.send(JSON.stringify({ service: "Park", clientId: SON }));
      expect((await client.next()).toString()).toBe("{}");
    }
    await clients[0]!.closed;
    await until(() => father.sockets.count(SON) === PARKED_SOCKETS_MAX);
    clients[1]!.socket.send("{}");
    await clients[1]!.closed;
    expect(father.sockets.count(SON)).toBe(PARKED_SOCKETS_MAX - 1);
  });

  it("is refused by a site that takes none", async () => {
    const served = await serve();
    const client = new TestClient(served);
    await client.open();
    client.socket.send(JSON.stringify({ service: "Park", clientId: SON }));
    expect((await client.error()).code).toBe("Request");
  });

  it("lets a father's Edge follow a son that listens nowhere", async () => {
    const father = await Father.start();
    const cable = await new Cable().lay(father.url);
    const son = await OneSite.start();
    await son.append([delta("CREATE", 1, { topics: ["father-site", "A"] })]);
    startSon(cable.url, son.service);
    const edge = new Edge(father.client({ clientId: "c1" }), { schema, tracking: "none" });
    afterThis(() => edge.close());
    const load = await edge.fullLoad("A");
    const techIds: string[] = [];
    for await (const { techId } of load) techIds.push(techId);
    expect(techIds).toHaveLength(1);
    const deltas = edge.deltas()[Symbol.asyncIterator]();
    for (const number of [2, 3, 4]) {
      await son.append([delta("CREATE", number, { topics: ["A"] })]);
      expect((await deltas.next()).value).toMatchObject({
        deltas: [{ techId: id(number) }],
      });
      cable.cut();
    }
    await deltas.return();
  });
});

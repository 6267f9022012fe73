import { describe, expect, it } from "vitest";
import { ClientDisabledError } from "../../src/base/errors.js";
import { STREAM_FRAGMENT_BYTES_MAX } from "../../src/base/limits.js";
import type { ServeHttpOptions } from "../../src/http/serve-http.js";
import type { Frame } from "../../src/wire/frames.js";
import { Dice } from "../support/dice.js";
import { ManualClock } from "../support/manual-clock.js";
import { batch, readFrames, ScriptedStream } from "./scripted-service.js";
import { serve, settled, type Served, until } from "./serving.js";
import { openStream, type TestClient } from "./test-client.js";

/** No test of these waits for an acknowledgement. */
const wide = { windowBytesMax: 1e9, windowBatchesMax: 1e6 };

/** Opens a stream, the head of which has come. */
async function begin(options: Partial<ServeHttpOptions> = {}) {
  const streams: ScriptedStream[] = [];
  const openOne = (_request: unknown, signal: AbortSignal): Promise<ScriptedStream> => {
    const stream = new ScriptedStream(signal);
    streams.push(stream);
    return Promise.resolve(stream);
  };
  const served = await serve({ openStream: openOne }, { ...options, limits: { ...wide, ...options.limits } });
  const client = await openStream(served);
  await client.next();
  return { served, client, stream: streams[0]! };
}

/** Reads the messages of batches, each by itself, up to a sequence-number; fails where one is not whole frames. */
async function readThrough(client: TestClient, sequence: number): Promise<number[]> {
  const sizes: number[] = [];
  for (let next = 2; next <= sequence; next++) {
    const message = await client.next();
    expect(readFrames(message).at(-1)).toMatchObject({ kind: "POSITION", sequence: next });
    sizes.push(message.length);
  }
  return sizes;
}

function sizeOf({ frames }: ReturnType<typeof batch>): number {
  return frames.reduce((sum, { length }) => sum + length, 0);
}

describe("the messages of a stream", () => {
  it.each([
    ["small before large", [0, 1_000_000, 0, 1_000_000, 0]],
    ["large before small", [1_000_000, 100, 1_000_000, 100, 0, 0]],
    ["about as large as a fragment", [-1, 0, 1, -20, 20].map((more) => STREAM_FRAGMENT_BYTES_MAX + more)],
    ["of every form of the length", [100, 103, 104, 105, 120, 65_500, 65_510, 65_515, 65_520, 65_536]],
    ["much larger than what the system takes at once", [10, 20_000_000, 10, 10, 5_000_000]],
  ])("are whole frames each, in their order: %s", async (_what, sizes) => {
    const { client, stream } = await begin();
    const batches = sizes.map((bytes, at) => batch(at + 2, bytes));
    stream.push(...batches);
    expect(await readThrough(client, sizes.length + 1)).toEqual(batches.map(sizeOf));
  });

  it("are whole frames each, whatever comes in whatever turn of the event loop, beside pings", async () => {
    const clock = new ManualClock();
    const { client, stream } = await begin({ clock, limits: { pingMs: 10 } });
    const dice = new Dice(7);
    const sizes = Array.from({ length: 300 }, () => dice.pick([0, 200, 30_000, 66_000, 400_000]));
    const batches = sizes.map((bytes, at) => batch(at + 2, bytes));
    const reading = readThrough(client, sizes.length + 1);
    for (let at = 0; at < batches.length;) {
      const count = dice.between(0, 3);
      stream.push(...batches.slice(at, at + count));
      at += count;
      if (dice.chance(1 / 20)) {
        const { pings } = client;
        clock.pass(10);
        await until(() => client.pings > pings);
        // The pong has to be there before the next ping.
        client.acknowledge(1);
        const { length } = stream.taken;
        await until(() => stream.taken.length > length);
      } else if (dice.chance(1 / 2)) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await reading).toEqual(batches.map(sizeOf));
    expect(client.pings).toBeGreaterThan(0);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
  });

  it("let a ping through while a large one is half sent", async () => {
    const clock = new ManualClock();
    const { client, stream } = await begin({ clock, limits: { pingMs: 10 } });
    const came: string[] = [];
    client.socket.on("ping", () => came.push("ping"));
    client.socket.on("message", () => came.push("message"));
    client.socket.pause();
    stream.push(batch(2, 30_000_000), batch(3));
    expect(await settled(() => stream.asked)).toBe(1);
    clock.pass(10);
    client.socket.resume();
    await readThrough(client, 3);
    expect(came).toEqual(["ping", "message", "message"]);
  });

  it("wait in the service for a client that does not read", async () => {
    const { client, stream } = await begin();
    client.socket.pause();
    // Far more than the operating system holds for a connection.
    for (let sequence = 2; sequence <= 1_001; sequence++) stream.push(batch(sequence, 40_000));
    const asked = await settled(() => stream.asked);
    expect(asked).toBeLessThan(1_000);
    for (let sequence = 1_002; sequence <= 1_101; sequence++) stream.push(batch(sequence));
    expect(await settled(() => stream.asked)).toBe(asked);
    client.socket.resume();
    await readThrough(client, 1_101);
  });

  it("stand whole before the ERROR frame of a stream that ends while they wait for a client that does not read", async () => {
    const { client, stream } = await begin();
    client.socket.pause();
    for (let sequence = 2; sequence < 1_000; sequence++) stream.push(batch(sequence, 60_000));
    const asked = await settled(() => stream.asked);
    stream.end(new ClientDisabledError("off"));
    await until(() => stream.isAborted);
    client.socket.resume();
    expect(await client.closed).toBe(1008);
    const frames: Frame[] = [];
    while (client.count > 0) frames.push(...readFrames(await client.next()));
    expect(frames.at(-1)).toMatchObject({ kind: "ERROR", error: { code: "ClientDisabled" } });
    expect(frames.at(-2)).toMatchObject({ kind: "POSITION", sequence: asked + 1 });
  });

  it.each([
    ["the stream ends", 1008, (_served: Served, stream: ScriptedStream) => stream.end(new ClientDisabledError("off"))],
    ["the server closes", 1001, (served: Served) => void served.close()],
  ])("are not begun behind one that is half sent when %s: only the code tells", async (_what, code, end) => {
    const { served, client, stream } = await begin({ limits: { closeMsMax: 5_000 } });
    client.socket.pause();
    stream.push(batch(2), batch(3, 30_000_000), batch(4));
    expect(await settled(() => stream.asked)).toBe(2);
    end(served, stream);
    await until(() => stream.isAborted);
    client.socket.resume();
    expect(await client.closed).toBe(code);
    expect(client.count).toBe(1);
    await readThrough(client, 2);
    expect(served.log.errors).toEqual([]);
  });
});

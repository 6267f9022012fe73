import { describe, expect, it } from "vitest";
import { ClientDisabledError, SequenceTooOldError } from "../../src/base/errors.js";
import { Edge } from "../../src/edge/edge.js";
import { errorFrame, positionFrame } from "../../src/wire/frames.js";
import { ManualClock, settle } from "../support/manual-clock.js";
import { batchFrames, bytesOf, fetchAnswer, head, id, loadAnswer, person, schema } from "./answers.js";
import { collect, expectCode } from "./expect-code.js";
import { networkError, ScriptedClient, ScriptedStream } from "./scripted-client.js";

interface Loaded {
  readonly edge: Edge;
  readonly client: ScriptedClient;
  readonly clock: ManualClock;
}

/** An Edge that has loaded at sequence-number 5. */
async function loaded(transport: "stream" | "poll", random = () => 1): Promise<Loaded> {
  const client = new ScriptedClient(transport);
  const clock = new ManualClock();
  const edge = new Edge(client, { schema, clock, random });
  client.framesAnswers.push(loadAnswer(5, []));
  await collect(await edge.fullLoad("A"));
  client.requests.length = 0;
  return { edge, client, clock };
}

describe("Edge.deltas over a stream", () => {
  it("R2: moves the position with each batch and acknowledges it when the next one is asked for", async () => {
    const { edge, client } = await loaded("stream");
    const stream = new ScriptedStream(
      head(5),
      ...batchFrames([[6, person(1)]], 7),
      ...batchFrames([[8, person(2)]], 8),
    );
    client.streams.push(stream);
    const batches = edge.deltas();
    expect((await batches.next()).value).toMatchObject({ sequence: 7, deltas: [{ techId: id(1), sequence: 6 }] });
    expect([edge.sequence, stream.log]).toEqual([7, []]);
    expect((await batches.next()).value).toMatchObject({ sequence: 8, deltas: [{ techId: id(2), sequence: 8 }] });
    expect([edge.sequence, stream.log]).toEqual([8, ["acknowledge 7"]]);
    await batches.return();
    expect(stream.log).toEqual(["acknowledge 7", "close"]);
  });

  it("keeps empty batches to itself and acknowledges them", async () => {
    const { edge, client } = await loaded("stream");
    const stream = new ScriptedStream(
      head(5),
      positionFrame(6, true),
      positionFrame(6, false),
      ...batchFrames([[8, person(2)]], 8),
    );
    client.streams.push(stream);
    expect((await edge.deltas().next()).value).toMatchObject({ sequence: 8 });
    expect(stream.log).toEqual(["acknowledge 6", "acknowledge 6"]);
  });

  it("gives empty batches to those who want them", async () => {
    const { edge, client } = await loaded("stream");
    client.streams.push(new ScriptedStream(head(5), positionFrame(6, false)));
    expect((await edge.deltas({ emptyBatches: true }).next()).value).toEqual({ sequence: 6, deltas: [], gone: [] });
    expect(edge.connectedToCenter).toBe(false);
  });

  it("R2: gives a batch again that was cut, at whatever byte, and none twice", async () => {
    const first = bytesOf(head(5), ...batchFrames([[6, person(1)]], 6));
    const whole = bytesOf(
      first,
      ...batchFrames(
        [
          [7, person(2)],
          [8, person(3)],
        ],
        8,
      ),
    );
    for (let length = 0; length < whole.length; length++) {
      const { edge, client, clock } = await loaded("stream");
      const stream = new ScriptedStream(whole.slice(0, length));
      stream.end();
      client.streams.push(stream);
      const batches = edge.deltas();
      const got = collectUntil(batches, 8);
      await settle();
      const rest =
        length < first.length
          ? whole
          : bytesOf(
              head(6),
              ...batchFrames(
                [
                  [7, person(2)],
                  [8, person(3)],
                ],
                8,
              ),
            );
      client.streams.push(new ScriptedStream(rest));
      await clock.advance(1_000);
      expect((await got).map(({ techId }) => techId)).toEqual([1, 2, 3].map(id));
      expect(client.requests.at(-1)).toMatchObject({ position: { sequence: length < first.length ? 5 : 6 } });
    }
  });

  it("connects again after longer and longer waits, half of each by chance, and anew after success", async () => {
    for (const [chance, delays] of [
      [0, [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]],
      [1, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]],
    ] as const) {
      const { edge, client, clock } = await loaded("stream", () => chance);
      client.streams.push(...delays.map(networkError));
      const next = edge.deltas().next();
      for (const delay of delays) {
        await settle();
        expect(clock.delaysMs).toEqual([delay]);
        expect(edge.connectedToCenter).toBe(false);
        if (delay === delays.at(-1))
          client.streams.push(new ScriptedStream(head(5), ...batchFrames([[6, person(1)]], 6)));
        await clock.advance(delay);
      }
      expect((await next).value).toMatchObject({ sequence: 6 });
      expect(edge.connectedToCenter).toBe(true);
    }
  });

  it("begins with a short wait again once something came", async () => {
    const { edge, client, clock } = await loaded("stream");
    client.streams.push(networkError(), networkError());
    const batches = edge.deltas();
    const first = batches.next();
    await clock.advance(500);
    const stream = new ScriptedStream(head(5), ...batchFrames([[6, person(1)]], 6));
    client.streams.push(stream);
    await clock.advance(1_000);
    await first;
    void batches.next();
    stream.end(networkError());
    await settle();
    expect(clock.delaysMs).toEqual([500]);
    expect(stream.isClosed).toBe(true);
  });

  it("throws Network at once where it must not connect again", async () => {
    const { edge, client, clock } = await loaded("stream");
    client.streams.push(networkError());
    await expectCode(collect(edge.deltas({ reconnect: false })), "Network");
    expect(clock.delaysMs).toEqual([]);
  });

  it("throws what the server answers, in its class", async () => {
    const { edge, client } = await loaded("stream");
    client.streams.push(
      new ScriptedStream(head(5), errorFrame(new SequenceTooOldError("x"))),
      new ScriptedStream(errorFrame(new ClientDisabledError("x"))),
      new ScriptedStream(head(5, { epoch: "e2" })),
      new ScriptedStream(head(6)),
    );
    await expect(edge.deltas().next()).rejects.toBeInstanceOf(SequenceTooOldError);
    await expect(edge.deltas().next()).rejects.toBeInstanceOf(ClientDisabledError);
    await expectCode(edge.deltas().next(), "EpochChanged");
    await expectCode(edge.deltas().next(), "Request");
  });

  it("ends when its signal aborts, wherever it is", async () => {
    const waiting = await loaded("stream");
    const stream = new ScriptedStream(head(5), ...batchFrames([[6, person(1)]], 6));
    waiting.client.streams.push(stream);
    const controller = new AbortController();
    const batches = waiting.edge.deltas({ signal: controller.signal });
    await batches.next();
    const next = batches.next();
    controller.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(stream.log).toEqual(["acknowledge 6", "close"]);

    const backingOff = await loaded("stream");
    backingOff.client.streams.push(networkError());
    const second = new AbortController();
    const nothing = collect(backingOff.edge.deltas({ signal: second.signal }));
    await settle();
    second.abort();
    expect(await nothing).toEqual([]);
    expect(backingOff.clock.delaysMs).toEqual([]);
    expect(await collect(backingOff.edge.deltas({ signal: second.signal }))).toEqual([]);
  });

  it("closes a stream that opens after nobody wants it any more", async () => {
    const { edge, client } = await loaded("stream");
    const stream = new ScriptedStream();
    let open: (stream: ScriptedStream) => void = () => undefined;
    client.stream = () => new Promise((resolve) => (open = resolve));
    const controller = new AbortController();
    const nothing = collect(edge.deltas({ signal: controller.signal }));
    controller.abort();
    expect(await nothing).toEqual([]);
    open(stream);
    await settle();
    expect(stream.isClosed).toBe(true);
  });

  it("throws Closed when the edge closes", async () => {
    const { edge, client } = await loaded("stream");
    client.streams.push(new ScriptedStream(head(5)));
    const next = edge.deltas().next();
    await settle();
    await edge.close();
    await expectCode(next, "Closed");
  });
});

describe("Edge.deltas by long polls", () => {
  it("asks again from each position", async () => {
    const { edge, client } = await loaded("poll");
    client.framesAnswers.push(
      fetchAnswer(5, [[6, person(1)]]),
      fetchAnswer(6, [], 7),
      fetchAnswer(7, [[8, person(2)]]),
    );
    const deltas = await collectUntil(edge.deltas(), 8);
    expect(deltas.map(({ techId }) => techId)).toEqual([id(1), id(2)]);
    expect(client.requests.map((request) => "position" in request && request.position.sequence)).toEqual([5, 6, 7]);
  });

  it("tries again after trouble", async () => {
    const { edge, client, clock } = await loaded("poll");
    client.framesAnswers.push(networkError(), fetchAnswer(5, [[6, person(1)]]));
    const next = edge.deltas().next();
    await clock.advance(500);
    expect((await next).value).toMatchObject({ sequence: 6 });
  });
});

async function collectUntil(batches: ReturnType<Edge["deltas"]>, sequence: number) {
  const deltas = [];
  for await (const batch of batches) {
    deltas.push(...batch.deltas);
    if (batch.sequence >= sequence) break;
  }
  return deltas;
}

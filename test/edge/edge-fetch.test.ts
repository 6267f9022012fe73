import { describe, expect, it } from "vitest";
import { ClientDisabledError, LiveDistError, NotRegisteredError, SequenceTooOldError } from "../../src/base/errors.js";
import { WAIT_MS_MAX } from "../../src/base/limits.js";
import { Edge } from "../../src/edge/edge.js";
import { errorFrame, positionFrame } from "../../src/wire/frames.js";
import { ManualClock, settle } from "../support/manual-clock.js";
import { bytesOf, fetchAnswer, head, id, loadAnswer, person, rowFrame, schema } from "./answers.js";
import { collect, expectCode } from "./expect-code.js";
import { type FramesAnswer, networkError, ScriptedClient } from "./scripted-client.js";

interface Loaded {
  readonly edge: Edge;
  readonly client: ScriptedClient;
  readonly clock: ManualClock;
}

/** An Edge that has loaded at sequence-number 5. */
async function loadedWith(...answers: FramesAnswer[]): Promise<Loaded> {
  const client = new ScriptedClient();
  const clock = new ManualClock();
  const edge = new Edge(client, { schema, clock, random: () => 1 });
  client.framesAnswers.push(loadAnswer(5, []), ...answers);
  await collect(await edge.fullLoad("A"));
  client.requests.length = 0;
  return { edge, client, clock };
}

describe("Edge.fetchDeltas", () => {
  it("R2: asks for what came after the position, and moves it", async () => {
    const { edge, client } = await loadedWith(
      fetchAnswer(
        5,
        [
          [6, person(1), person(2)],
          [8, person(3)],
        ],
        9,
      ),
      fetchAnswer(9, []),
    );
    const batch = await edge.fetchDeltas({ waitMsMax: 500 });
    expect(client.requests).toEqual([
      {
        service: "FetchDeltas",
        clientId: "c1",
        tracking: "transition",
        topicsSlice: "A",
        position: { epoch: "e1", sequence: 5 },
        waitMsMax: 500,
      },
    ]);
    expect(batch.sequence).toBe(9);
    expect(batch.deltas.map(({ techId, sequence }) => [techId, sequence])).toEqual([
      [id(1), 6],
      [id(2), 6],
      [id(3), 8],
    ]);
    expect(edge.position).toEqual({ epoch: "e1", sequence: 9 });
    expect(await edge.fetchDeltas()).toEqual({ sequence: 9, deltas: [], gone: [] });
    expect(client.requests[1]).toMatchObject({ position: { epoch: "e1", sequence: 9 }, waitMsMax: 30_000 });
  });

  it("R2: gives what was cut short, at whatever byte, once more", async () => {
    const bytes = fetchAnswer(5, [
      [6, person(1)],
      [7, person(2)],
    ]);
    for (let length = 0; length < bytes.length; length++) {
      const { edge, clock, client } = await loadedWith(bytes.slice(0, length), bytes);
      const fetching = edge.fetchDeltas();
      await clock.advance(1_000);
      expect((await fetching).deltas.map(({ techId }) => techId)).toEqual([id(1), id(2)]);
      expect(client.requests).toHaveLength(2);
    }
  });

  it("gives an empty batch when no server was reached within the time", async () => {
    const { edge, clock, client } = await loadedWith(...Array.from({ length: 20 }, networkError));
    const fetching = edge.fetchDeltas({ waitMsMax: 10_000 });
    await clock.advance(9_999);
    expect(client.requests).toHaveLength(5);
    expect(edge.connectedToCenter).toBe(false);
    await clock.advance(1);
    expect(await fetching).toEqual({ sequence: 5, deltas: [], gone: [] });
    expect(client.requests).toHaveLength(6);
    expect(clock.delaysMs).toEqual([]);
  });

  it("waits only for what is left of the time after a failure", async () => {
    const { edge, clock, client } = await loadedWith(
      networkError(),
      new LiveDistError("Closed", "restarting"),
      fetchAnswer(5, []),
    );
    const fetching = edge.fetchDeltas({ waitMsMax: 10_000 });
    await clock.advance(1_500);
    expect(await fetching).toEqual({ sequence: 5, deltas: [], gone: [] });
    expect(client.requests.map((request) => "waitMsMax" in request && request.waitMsMax)).toEqual([
      10_000, 9_500, 8_500,
    ]);
    expect(edge.connectedToCenter).toBe(true);
  });

  it("asks no server to wait longer than any may", async () => {
    const { edge, client } = await loadedWith(fetchAnswer(5, []));
    await edge.fetchDeltas({ waitMsMax: Infinity });
    expect(client.requests[0]).toMatchObject({ waitMsMax: WAIT_MS_MAX });
    await expectCode(edge.fetchDeltas({ waitMsMax: -1 }), "Request");
    await expectCode(edge.fetchDeltas({ waitMsMax: Number.NaN }), "Request");
  });

  it("throws what the server answers, in its class, and stays where it was", async () => {
    for (const Class of [SequenceTooOldError, NotRegisteredError, ClientDisabledError]) {
      const { edge } = await loadedWith(errorFrame(new Class("told")), new Class("refused"));
      await expect(edge.fetchDeltas()).rejects.toThrow(Class);
      await expect(edge.fetchDeltas()).rejects.toThrow("refused");
      expect(edge.sequence).toBe(5);
    }
  });

  it("R3: throws EpochChanged and Request where the answer does not go on from its position", async () => {
    const { edge } = await loadedWith(
      bytesOf(head(5, { epoch: "e2" }), positionFrame(5, true)),
      fetchAnswer(4, []),
      fetchAnswer(6, []),
      fetchAnswer(5, [[5, person(1)]]),
      fetchAnswer(5, [
        [7, person(1)],
        [6, person(2)],
      ]),
      fetchAnswer(5, [[7, person(1)]], 6),
      bytesOf(head(5), rowFrame(6, [person(1)]), head(5)),
      bytesOf(fetchAnswer(5, []), positionFrame(5, true)),
    );
    await expectCode(edge.fetchDeltas(), "EpochChanged");
    for (let at = 0; at < 7; at++) await expectCode(edge.fetchDeltas(), "Request");
    expect(edge.sequence).toBe(5);
  });

  it("gives an empty batch when its signal aborts, and Closed when the edge closes", async () => {
    const { edge } = await loadedWith();
    const controller = new AbortController();
    const aborted = edge.fetchDeltas({ signal: controller.signal });
    controller.abort();
    expect(await aborted).toEqual({ sequence: 5, deltas: [], gone: [] });
    expect(edge.connectedToCenter).toBe(true);
    const closed = edge.fetchDeltas();
    await edge.close();
    await expectCode(closed, "Closed");
  });

  it("wants a load first", async () => {
    const edge = new Edge(new ScriptedClient(), { schema });
    await expectCode(edge.fetchDeltas(), "Request");
    await expectCode(edge.deltas().next(), "Request");
  });

  it("waits for nothing but the server where nothing failed", async () => {
    const { edge, clock } = await loadedWith();
    void edge.fetchDeltas();
    await settle();
    expect(clock.delaysMs).toEqual([]);
  });
});

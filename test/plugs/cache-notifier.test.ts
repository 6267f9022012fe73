import { describe, expect, it } from "vitest";
import type { ICacheNotifier, SliceChange, SnapshotEnd, SnapshotInfo } from "../../src/plugs/cache-notifier.js";
import { Subscriptions } from "../../src/site/subscriptions.js";
import { codeOfRejection, delta, Logged, OneSite } from "../support/one-site.js";
import type { AnswerPiece } from "../../src/wire/live-dist-service.js";

class RecordingNotifier implements ICacheNotifier {
  readonly changes: SliceChange[] = [];
  readonly begun: SnapshotInfo[] = [];
  readonly ended: { snapshot: SnapshotInfo; end: SnapshotEnd }[] = [];

  sliceChanged(change: SliceChange): void {
    this.changes.push(change);
  }

  snapshotBegun(snapshot: SnapshotInfo): void {
    this.begun.push(snapshot);
  }

  snapshotEnded(snapshot: SnapshotInfo, end: SnapshotEnd): void {
    this.ended.push({ snapshot, end });
  }
}

async function start(cacheNotifier: ICacheNotifier): Promise<OneSite> {
  const site = await OneSite.start({ cacheNotifier });
  const name = "x".repeat(1_000);
  await site.append(
    Array.from({ length: 400 }, (_, number) => delta("CREATE", number, { topics: ["A"], fields: { name } })),
  );
  return site;
}

async function beginLoad(site: OneSite, signal = new AbortController().signal): Promise<AsyncIterator<AnswerPiece>> {
  const request = { service: "FullLoad", clientId: "c1", tracking: "transition", topicsSlice: "A" } as const;
  return (await site.service.fullLoad(request, signal))[Symbol.asyncIterator]();
}

describe("a cache notifier", () => {
  it("hears of a subscription, and of the snapshot's beginning and end", async () => {
    const notifier = new RecordingNotifier();
    const site = await start(notifier);
    const { deltas, head } = await site.load("A");
    expect(deltas).toHaveLength(400);
    const snapshot = { clientId: "c1", tracking: "transition", service: "FullLoad", topicsSlice: "A" };
    expect(notifier.changes).toEqual([{ clientId: "c1", tracking: "transition", before: undefined, after: "A" }]);
    expect(notifier.begun).toEqual([{ ...snapshot, sequence: head.sequence, entities: 400 }]);
    expect(notifier.ended).toHaveLength(1);
    expect(notifier.ended[0]!.snapshot).toBe(notifier.begun[0]);
    expect(notifier.ended[0]!.end).toEqual({ how: "complete", bytes: expect.any(Number) as number });
    expect(notifier.ended[0]!.end.bytes).toBeGreaterThan(400_000);
  });

  it("hears how a snapshot ends before its end: given up, or its client disabled", async () => {
    const notifier = new RecordingNotifier();
    const site = await start(notifier);
    const givenUp = await beginLoad(site);
    await givenUp.next();
    await givenUp.return!();
    const disabled = await beginLoad(site);
    await disabled.next();
    await site.store.clients.disable("c1");
    await site.clock.advance(500);
    expect(await codeOfRejection(disabled.next())).toBe("ClientDisabled");
    expect(notifier.begun).toHaveLength(2);
    expect(notifier.ended.map(({ end }) => end)).toMatchObject([
      { how: "abandoned" },
      { how: "failed", error: { code: "ClientDisabled" } },
    ]);
  });

  it("hears nothing of what was refused, nor of a load of which nobody took anything", async () => {
    const notifier = new RecordingNotifier();
    const site = await start(notifier);
    expect(await codeOfRejection(site.load("A**"))).toBe("TopicsSlice");
    expect(await codeOfRejection(site.load("A", "transition", "nobody"))).toBe("UnknownClient");
    expect(notifier.changes).toEqual([]);
    const controller = new AbortController();
    await beginLoad(site, controller.signal);
    controller.abort();
    expect([notifier.begun, notifier.ended]).toEqual([[], []]);
  });

  it("may throw and reject: the server logs it and goes on", async () => {
    const site = await start({
      sliceChanged: () => {
        throw new TypeError("thrown");
      },
      snapshotBegun: () => Promise.reject(new TypeError("rejected")),
      snapshotEnded: () => Promise.reject(new TypeError("rejected too")),
    });
    const { deltas, ended } = await site.load("A");
    expect([deltas.length, ended]).toEqual([400, true]);
    const plugErrors = site.logged.lines.filter(({ message }) => message === "a plug threw");
    expect(plugErrors.map(({ fields }) => (fields["err"] as Error).message)).toEqual([
      "thrown",
      "rejected",
      "rejected too",
    ]);
  });
});

describe("subscriptions", () => {
  const registered = { clientId: "c1", tracking: "registration", topicsSlice: "A" } as const;
  const position = { epoch: "e", sequence: 1 };

  it("of a registered client are remembered until it is gone", () => {
    const notifier = new RecordingNotifier();
    const subscriptions = new Subscriptions(notifier, new Logged());
    subscriptions.loaded({ ...registered, service: "FullLoad" });
    subscriptions.loaded({ ...registered, service: "SyncLoad" });
    subscriptions.loaded({ ...registered, service: "PartialLoad", position, newTopicsSlice: "B" });
    subscriptions.loaded({ ...registered, service: "SyncLoad" });
    subscriptions.forget("c1");
    subscriptions.loaded({ ...registered, service: "FullLoad" });
    expect(notifier.changes.map(({ before, after }) => [before, after])).toEqual([
      [undefined, "A"],
      ["A", "B"],
      ["B", "A"],
      [undefined, "A"],
    ]);
  });

  it("of unregistered clients are as each request says, since many may share a ClientId", () => {
    const notifier = new RecordingNotifier();
    const subscriptions = new Subscriptions(notifier, new Logged());
    const unregistered = { ...registered, tracking: "transition" } as const;
    subscriptions.loaded({ ...unregistered, service: "FullLoad" });
    subscriptions.loaded({ ...unregistered, service: "FullLoad", topicsSlice: "C" });
    subscriptions.loaded({ ...unregistered, service: "PartialLoad", position, newTopicsSlice: "B" });
    expect(notifier.changes.map(({ before, after }) => [before, after])).toEqual([
      [undefined, "A"],
      [undefined, "C"],
      ["A", "B"],
    ]);
  });
});

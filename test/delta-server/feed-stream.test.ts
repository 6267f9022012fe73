import { expect, it } from "vitest";
import { SequenceTooOldError } from "../../src/base/errors.js";
import type { DeltaFeed } from "../../src/delta-server/delta-feed.js";
import { FeedStream } from "../../src/delta-server/feed-stream.js";
import { ManualClock } from "../support/manual-clock.js";

it("keeps no timer where its reader closes it when the timer tells that there may be more", () => {
  const clock = new ManualClock();
  const feed: Partial<DeltaFeed> = {
    position: 1,
    onMore: () => undefined,
    take: () => {
      throw new SequenceTooOldError("the log begins behind it");
    },
  };
  const stream = new FeedStream(feed as DeltaFeed, clock, { idleMsMax: 1_000, movedMsMax: 1_000 });
  stream.onMore(() => {
    expect(() => stream.take()).toThrow(SequenceTooOldError);
    stream.close();
  });
  clock.pass(1_000);
  expect(clock.delaysMs).toEqual([]);
});

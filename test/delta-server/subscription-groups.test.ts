import { describe, expect, it } from "vitest";
import { SUBSCRIPTION_GROUPS_MAX } from "../../src/base/limits.js";
import { LogWindow } from "../../src/delta-server/log-window.js";
import { SubscriptionGroups } from "../../src/delta-server/subscription-groups.js";
import { Wakes } from "../../src/delta-server/wakes.js";
import { parseTopicsSlice } from "../../src/topics/topics-slice.js";
import { ManualClock } from "../support/manual-clock.js";

function setUp(): { clock: ManualClock; window: LogWindow; groups: SubscriptionGroups } {
  const clock = new ManualClock();
  return { clock, window: new LogWindow(0, 1_000), groups: new SubscriptionGroups(clock, new Wakes(clock)) };
}

const slice = parseTopicsSlice("A+B");

describe("SubscriptionGroups", () => {
  it("has one group for the same slice and mode", () => {
    const { groups, window } = setUp();
    const group = groups.join(slice, "transition", window);
    expect(groups.join(parseTopicsSlice(" A+B "), "transition", window)).toBe(group);
    expect(groups.join(slice, "none", window)).not.toBe(group);
    expect(groups.join(parseTopicsSlice("B+A"), "transition", window)).not.toBe(group);
    expect(groups.count).toBe(3);
  });

  it("lets go of groups that nobody has read for a minute", async () => {
    const { groups, window, clock } = setUp();
    const group = groups.join(slice, "transition", window);
    groups.join(slice, "transition", window);
    groups.leave(group);
    await clock.advance(60_000);
    groups.tidy(window);
    expect(groups.count).toBe(1);
    groups.leave(group);
    await clock.advance(59_999);
    groups.tidy(window);
    expect(groups.join(slice, "transition", window)).toBe(group);
    groups.leave(group);
    await clock.advance(60_000);
    groups.tidy(window);
    expect(groups.count).toBe(0);
  });

  it("refuses more groups than SUBSCRIPTION_GROUPS_MAX, but takes the place of one that nobody reads", () => {
    const { groups, window } = setUp();
    const joined = Array.from({ length: SUBSCRIPTION_GROUPS_MAX }, (_, at) =>
      groups.join(parseTopicsSlice(`T${at}`), "transition", window),
    );
    expect(() => groups.join(slice, "transition", window)).toThrow(expect.objectContaining({ code: "Limit" }) as Error);
    expect(groups.join(joined[7]!.slice, "transition", window)).toBe(joined[7]);
    groups.leave(joined[3]!);
    groups.join(slice, "transition", window);
    expect(groups.count).toBe(SUBSCRIPTION_GROUPS_MAX);
  });
});

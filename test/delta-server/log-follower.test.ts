import { expect, it, vi } from "vitest";
import { LiveDistError } from "../../src/base/errors.js";
import { config, OneSite } from "../support/one-site.js";

it("reads a log that cannot be read again after the time between two polls, not sooner", async () => {
  const site = await OneSite.start();
  await site.clock.advance(10 * config.pollMs);
  const read = vi.spyOn(site.store.log, "read").mockRejectedValue(new LiveDistError("Store", "the database is away"));
  await site.clock.advance(10 * config.pollMs);
  expect(read.mock.calls.length).toBeGreaterThanOrEqual(9);
  expect(read.mock.calls.length).toBeLessThanOrEqual(11);
});

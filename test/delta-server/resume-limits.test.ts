import { expect, it, vi } from "vitest";
import { codeOfRejection, delta, OneSite } from "../support/one-site.js";

/** Real limits would take a test half a minute to reach. */
vi.mock("../../src/base/limits.js", async (original) => ({
  ...(await original<typeof import("../../src/base/limits.js")>()),
  RESUME_ENTITIES_MAX: 3,
  RESUME_BYTES_MAX: 10_000,
}));

/** A site that keeps the last row in memory only, and the batch for a client in transition mode from the log's beginning. */
async function siteAndFetch() {
  const site = await OneSite.start({ config: { logInMemoryBytesMax: 1 } });
  const position = await site.position(0);
  return { site, fetch: () => site.fetch({ position, tracking: "transition", topicsSlice: "A" }) };
}

it("R5: a position is too old in transition mode where more entities changed since than one answer may tell", async () => {
  const { site, fetch } = await siteAndFetch();
  for (const number of [1, 2, 1, 3, 3]) await site.append([delta("CREATE", number, { topics: ["A"] })]);
  expect((await fetch()).deltas.map(({ id }) => id).sort()).toEqual([1, 2, 3]);
  await site.append([delta("DELETE", 4, { topics: ["B"] })]);
  expect(await codeOfRejection(fetch())).toBe("SequenceTooOld");
});

it("R5: a position is too old in transition mode where what changed since is larger than one answer may be", async () => {
  const { site, fetch } = await siteAndFetch();
  const create = (number: number) => delta("CREATE", number, { topics: ["A"], fields: { name: "x".repeat(4_000) } });
  for (const number of [1, 1, 2, 2]) await site.append([create(number)]);
  expect((await fetch()).deltas).toHaveLength(2);
  await site.append([create(3)]);
  expect(await codeOfRejection(fetch())).toBe("SequenceTooOld");
});

import { expect, it, vi } from "vitest";
import { settle } from "../support/manual-clock.js";
import { encodeDeltaBuffer } from "../../src/delta/delta-buffer.js";
import { appendBytes, delta, inShort, OneSite, schema } from "../support/one-site.js";

const create = (number: number) => [delta("CREATE", number, { topics: ["A"] })];

it("R11: misses no row that enters as the answer from an old position is put together", async () => {
  const site = await OneSite.start({ config: { logInMemoryBytesMax: 1 } });
  for (const number of [1, 2, 3]) await site.append(create(number));
  const { log } = site.store;
  const old = await log.read(0, { rowsMax: 10, bytesMax: 1_000_000 });
  const position = await site.position(0);
  await appendBytes(site.store, encodeDeltaBuffer(schema, create(4)));
  // The row is read, and enters the moment after the window was looked at.
  const read = log.read.bind(log);
  let enter: (() => void) | undefined;
  vi.spyOn(log, "read").mockImplementation((after, limits) => {
    if (after === 0) return Promise.resolve(old);
    const rows = read(after, limits);
    if (after !== 3) return rows;
    return new Promise((resolve) => void rows.then((got) => (enter = () => resolve(got))));
  });
  site.service.notify();
  while (enter === undefined) await settle();
  const { window } = site.delta;
  const after = window.after.bind(window);
  vi.spyOn(window, "after").mockImplementation((...asked) => {
    enter!();
    return after(...asked);
  });
  const client = { tracking: "transition", topicsSlice: "A" } as const;
  const { deltas, sequence } = await site.fetch({ ...client, position });
  const next = await site.fetch({ ...client, position: await site.position(sequence) }, 0);
  expect([...deltas, ...next.deltas].map(inShort)).toContain("CREATE 4");
});

import { expect, it, vi } from "vitest";
import { id } from "../../support/one-site.js";
import { Thing, Tree } from "./tree.js";

const BYTES_MAX = 3_000;

vi.mock("../../../src/base/limits.js", async (original) => ({
  ...(await original<typeof import("../../../src/base/limits.js")>()),
  DELTA_BUFFER_BYTES_MAX: 3_000,
}));

const numbers = Array.from({ length: 11 }, (_, at) => at + 1);

it("R61: applies in several transactions what one row of the log does not hold when it is sent on", async () => {
  const tree = new Tree();
  const root = await tree.start("root", { LiveDistSons: "son=http://son" });
  for (const number of numbers) await root.create(number, { name: "long ".repeat(100), tags: "A" });
  const keys = { LiveDistFatherServers: "http://root", LiveDistFatherTopicsSlice: "A" };
  const son = await tree.start("son", keys, { updateForm: "PARTIAL+FULL" });
  await tree.until(async () => (await son.get(11)) !== undefined);
  // One small row at the father; in the son's log each entity stands in full beside its change.
  await root.site.entities.transaction(async (unit) => {
    for (const number of numbers) await unit.update(Thing, id(number), { size: 7 });
  });
  await root.site.entities.notifyDeltaServer();
  await tree.until(async () => (await son.get(11))?.fields["size"] === 7);
  const rows = await son.store.log.read(0, { rowsMax: 1_000, bytesMax: 1 << 24 });
  expect(Math.max(...rows.map(({ deltaBuffer }) => deltaBuffer.length))).toBeLessThanOrEqual(BYTES_MAX);
  for (const number of numbers) expect((await son.get(number))?.fields["size"]).toBe(7);
  expect(son.link("father-site").state).toBe("live");
});

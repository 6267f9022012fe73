import { expect, it } from "vitest";
import { KeptNotes } from "../../../src/site/links/kept-notes.js";
import { openStore } from "../../../src/store/open-store.js";
import { settle } from "../../support/manual-clock.js";
import { afterThis } from "../../support/one-site.js";

it("R66: are settled when what is being changed is committed, or will not be", async () => {
  const store = await openStore("sqlite::memory:");
  afterThis(() => store.close());
  const notes = await KeptNotes.read(store, "son", { ownEpoch: "before" });
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const changed = notes.change(async () => {
    await gate;
    return { ownEpoch: "after" };
  });
  let isSettled = false;
  const settled = notes.settle().then(() => (isSettled = true));
  await settle();
  expect(isSettled).toBe(false);
  release();
  await settled;
  expect(await store.links.get("son")).toContain("after");
  await changed;
});

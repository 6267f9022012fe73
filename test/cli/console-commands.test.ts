import { describe, expect, it } from "vitest";
import { startConsoleSite, takeAll } from "../console/console-site.js";
import { runHere } from "./command.js";

const wireError = { exitCode: 1, out: "" };

describe("livedist slice --url", () => {
  it("tells what a slice selects at a server, and what changing to it would do", async () => {
    const site = await startConsoleSite();
    await site.add("A", ["x", "y"]);
    const [techId] = await site.add("B", ["z"]);
    await takeAll(await site.edge("c1", "registration").fullLoad("A"));
    const { out, err } = await runHere("slice", "B", "--url", site.server.url, "--before", "A");
    expect(err).toBe("");
    expect(out).toContain("selects    1 entities at sequence");
    expect(out).toContain(`would load 1 entities\n  City ${techId!} [B]\nwould drop 2 entities`);
    const json = await runHere("slice", "A+B", "--url", site.server.url, "--client", "c1", "--json");
    expect(JSON.parse(json.out)).toMatchObject({
      server: { change: { before: "A", loads: { count: 1 }, drops: { count: 0 } } },
    });
    expect(await runHere("slice", "B", "--url", site.server.url, "--client", "c2")).toMatchObject(wireError);
  });
});

describe("livedist why", () => {
  it("explains why a client holds an entity, and where its latest version is", async () => {
    const site = await startConsoleSite();
    await takeAll(await site.edge("c1", "registration").fullLoad("A*!V"));
    const [techId] = await site.add("A", ["x"]);
    const { out, err } = await runHere("why", site.server.url, "c1", techId!);
    expect(err).toBe("");
    expect(out).toContain("c1 holds it and is current: its slice selects it");
    expect(out).toContain("  + A   <- decides\n  + and not V");
    expect(out).toMatch(/#\d+ CREATE {3}as it is: the slice selects it \(registered, current\)/);
    expect(out).toContain("center: the latest version");
    const asked = await runHere("why", site.server.url, "c2", techId!, "--slice", "B", "--json");
    expect(JSON.parse(asked.out)).toMatchObject({
      tracking: "transition",
      selects: false,
      path: { places: [{ site: "center" }] },
    });
  });

  it("says what is wrong with the question", async () => {
    const site = await startConsoleSite();
    const unknown = await runHere("why", site.server.url, "nobody", "00000000-0000-4000-8000-000000000001");
    expect(unknown).toMatchObject(wireError);
    expect(unknown.err).toContain('no row for the ClientId "nobody"');
    expect((await runHere("why", "http://127.0.0.1:9", "c1", "x")).err).toContain("does not answer");
  });
});

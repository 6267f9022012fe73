import { describe, expect, it } from "vitest";
import { Center, edgeAt, inShort, replicaAt, startProxy, until } from "./proxy-sites.js";

describe("a proxy", () => {
  it("serves loads and deltas of what it receives", async () => {
    const center = await Center.start(["paris", "edge"]);
    await center.write("CREATE", 1, ["A"], { name: "one" });
    await center.write("CREATE", 2, ["B"], { name: "two" });
    const paris = await startProxy({ siteName: "paris", mother: center });
    const replica = await replicaAt(edgeAt([paris.url], "edge"), "A");
    expect(inShort(replica)).toEqual({ 1: "one" });
    await center.write("CREATE", 3, ["A"], { name: "three" });
    await center.write("UPDATE", 2, ["A", "B"], { size: 2 });
    await center.write("UPDATE", 1, ["B"], { name: "uno" });
    await until(() => replica.copy.size === 2 && !(1 in inShort(replica)));
    expect(inShort(replica)).toEqual({ 2: "two", 3: "three" });
    expect(paris.logged.errors).toEqual([]);
  });

  it("receives by topics, and more as they are asked for", async () => {
    const center = await Center.start(["paris", "edge", "other"]);
    await center.write("CREATE", 1, ["A"], { name: "one" });
    await center.write("CREATE", 2, ["B"], { name: "two" });
    const paris = await startProxy({ siteName: "paris", mother: center, topics: ["A"] });
    const a = await replicaAt(edgeAt([paris.url], "edge"), "A");
    expect(inShort(a)).toEqual({ 1: "one" });
    await expect(edgeAt([paris.url], "other").skipLoad("B", a.copy.state()!.position)).rejects.toMatchObject({
      code: "TopicNotInSlice",
    });
    const b = await replicaAt(edgeAt([paris.url], "other"), "B");
    expect(inShort(b)).toEqual({ 2: "two" });
    await center.write("UPDATE", 1, ["B"], { size: 1 });
    await until(() => b.copy.size === 2 && a.copy.size === 0);
    await center.write("DELETE", 1, ["B"]);
    await until(() => b.copy.size === 1);
    expect(paris.logged.errors).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import { codeOf } from "../../../src/base/errors.js";
import { databases, SomeServers, until, type Watched, watchedReplica } from "./some-servers.js";

/** Gives the sizes that a replica was told of, one after the other: each once, where nothing is lost or doubled. */
function sizesOf({ changes }: Watched): unknown[] {
  return changes.filter(({ kind }) => kind === "update").map(({ entity }) => entity.fields["size"]);
}

describe.each(databases)("two servers of one site on %s", (_, newDatabase) => {
  it("R79: go on with a registered client of each other's, and give it everything once", async () => {
    const site = await SomeServers.start(newDatabase, 2, ["c0", "c1"]);
    const [first, second] = site.urls as [string, string];
    await site.write("CREATE", 1, ["A"], { name: "one", size: 0 });
    const watched = [
      await watchedReplica(site.edge("c0", "registration", [first, second]), "A"),
      await watchedReplica(site.edge("c1", "registration", [second, first]), "A"),
    ];
    let size = 0;
    const write = (count: number): Promise<void> =>
      Array.from({ length: count }, () => ++size).reduce(
        (before, value) => before.then(() => site.write("UPDATE", 1, ["A"], { size: value })),
        Promise.resolve(),
      );
    await write(10);
    const closing = site.servers[0]!.close();
    await write(10);
    await closing;
    await write(10);
    const all = Array.from({ length: 30 }, (_, at) => at + 1);
    for (const one of watched) {
      await until(() => sizesOf(one).length >= 30);
      expect(sizesOf(one)).toEqual(all);
      expect(one.replica.copy.size).toBe(1);
      // Its registration stands in both servers, so that nobody has to name what it holds.
      expect(one.errors.map(codeOf).filter((code) => code === "NotRegistered")).toEqual([]);
    }
    expect(site.logged.errors).toEqual([]);
  });
});

import { expect, it } from "vitest";
import { newTechId } from "../../src/base/guid.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import { Reception } from "../../src/entities/reception.js";
import type { IDeltaObjectsReader } from "../../src/plugs/delta-objects-reader.js";
import type { Snapshot, Store } from "../../src/store/store.js";
import { City, newStore, OneSite, schema } from "../support/one-site.js";

/** Reads the application's own table, which LiveDist knows nothing of. */
class TownsReader implements IDeltaObjectsReader {
  async *readAll(snapshot: Snapshot): AsyncGenerator<readonly DeltaObject[]> {
    for await (const rows of snapshot.stream("SELECT Id, Name FROM Towns")) {
      yield rows.map(({ Id, Name }) =>
        City.delta({
          oper: "CREATE",
          techId: String(Id),
          updateTime: new Date(0),
          topics: ["towns"],
          fields: { name: String(Name) },
        }),
      );
    }
  }
}

async function buildTown(store: Store, name: string): Promise<void> {
  const techId = newTechId();
  await store.transaction(async (transaction) => {
    await transaction.run("INSERT INTO Towns (Id, Name) VALUES (?, ?)", [techId, name]);
    const init = { oper: "CREATE", techId, updateTime: new Date(0), topics: ["towns"], fields: { name } } as const;
    await new Reception(store, schema).append(transaction, [City.delta(init)]);
  });
}

it("may be the application's own", async () => {
  const store = await newStore();
  await store.transaction((transaction) => transaction.run("CREATE TABLE Towns (Id TEXT, Name TEXT)"));
  for (const name of ["Lima", "Quito"]) await buildTown(store, name);
  // What is trimmed away can come from the reader only.
  await store.log.trim(2, []);
  const site = await OneSite.start({ store, reader: new TownsReader() });
  await buildTown(store, "Cusco");
  await site.read();
  const { deltas } = await site.load("towns");
  expect(deltas.map(({ fields }) => (fields as { name: string }).name).sort()).toEqual(["Cusco", "Lima", "Quito"]);
});

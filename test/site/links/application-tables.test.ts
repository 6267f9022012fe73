import { expect, it } from "vitest";
import type { Store } from "../../../src/store/store.js";
import { id } from "../../support/one-site.js";
import { Tree } from "./tree.js";

const tables = { Thing: { table: "stock", key: "id", columns: { name: "label" } } };

async function run(store: Store, sql: string): Promise<void> {
  await store.transaction((transaction) => transaction.run(sql));
}

async function stock(store: Store): Promise<string> {
  const rows = await store.snapshot((snapshot) => snapshot.all("SELECT label, size FROM stock ORDER BY id"));
  return rows.map(({ label, size }) => `${String(label)} ${String(size)}`).join(", ");
}

it("rows of an application's table reach the father, and what others write reaches the table", async () => {
  const tree = new Tree();
  const store = await tree.newStore();
  await run(store, "CREATE TABLE stock (id CHAR(36) PRIMARY KEY, label TEXT, tags TEXT, size INTEGER)");
  await run(store, `INSERT INTO stock VALUES ('${id(1)}', 'old', 'A', 1)`);
  const root = await tree.start("root", { LiveDistSons: "son=http://son" });
  await root.create(2, { name: "of root", tags: "A" });
  const keys = { LiveDistFatherServers: "http://root", LiveDistFatherTopicsSlice: "A" };
  await tree.start("son", keys, { store, tables });
  await tree.until(async () => (await root.held()) === "1 old,2 of root");
  await root.update(1, { size: 5 });
  await tree.until(async () => (await stock(store)) === "old 5, of root 0");
  expect(await store.snapshot((snapshot) => snapshot.all("SELECT TechId FROM LiveDistEntity_Thing"))).toHaveLength(2);
});

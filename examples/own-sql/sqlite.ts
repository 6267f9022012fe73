import Database from "better-sqlite3";
import { openStore, Reception } from "livedist";
import { type OrderRow, schema, statusChange } from "./orders.js";
import { serveAndWatch } from "./serve-and-watch.js";

const file = process.argv[2] ?? "shop.db";
const store = await openStore(`sqlite:${file}`);
const reception = new Reception(store, schema);
const database = new Database(file);
const select = database.prepare<[string], OrderRow>("SELECT id, customer, status FROM orders WHERE id = ?");
const update = database.prepare("UPDATE orders SET status = ?, changed = ? WHERE id = ?");

/** What the application did before, and two lines more. */
async function setStatus(id: string, status: string): Promise<void> {
  const changed = new Date();
  database.exec("BEGIN IMMEDIATE");
  try {
    const before = select.get(id)!;
    update.run(status, changed.getTime(), id);
    await reception.append(database, [statusChange(before, status, changed)]);
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
  // SQLite tells nobody of a commit. To a server in another process: `new Reception(store, schema, { notifier: httpNotifier(url) })`.
  await reception.notifyDeltaServer();
}

const { id } = database.prepare<[], { id: string }>("SELECT id FROM orders ORDER BY id LIMIT 1").get()!;
await serveAndWatch(store, () => setStatus(id, "shipped"));
database.close();
await store.close();

import pg from "pg";
import { openStore, Reception } from "livedist";
import { type OrderRow, schema, statusChange } from "./orders.js";
import { serveAndWatch } from "./serve-and-watch.js";

const url = process.argv[2] ?? "postgres://shop:secret@localhost/shop";
const store = await openStore(url);
const reception = new Reception(store, schema);
const client = new pg.Client(url);
await client.connect();

/** What the application did before, and one line more. */
async function setStatus(id: string, status: string): Promise<void> {
  const changed = new Date();
  await client.query("BEGIN");
  try {
    const { rows } = await client.query<OrderRow>("SELECT id, customer, status FROM orders WHERE id = $1 FOR UPDATE", [
      id,
    ]);
    await client.query("UPDATE orders SET status = $2, changed = $3 WHERE id = $1", [id, status, changed.getTime()]);
    await reception.append(client, [statusChange(rows[0]!, status, changed)]);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  }
}

const { rows } = await client.query<{ id: string }>("SELECT id FROM orders ORDER BY id LIMIT 1");
await serveAndWatch(store, () => setStatus(rows[0]!.id, "shipped"));
await client.end();
await store.close();

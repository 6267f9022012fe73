import sql from "mssql";
import { openStore, Reception } from "livedist";
import { type OrderRow, schema, statusChange } from "./orders.js";
import { serveAndWatch } from "./serve-and-watch.js";

const connectionString =
  process.argv[2] ?? "Server=localhost;Database=shop;User Id=shop;Password=secret;TrustServerCertificate=yes";
const store = await openStore(connectionString);
const reception = new Reception(store, schema);
const pool = await new sql.ConnectionPool(connectionString).connect();

/** What the application did before, and two lines more. */
async function setStatus(id: string, status: string): Promise<void> {
  const changed = new Date();
  const transaction = pool.transaction();
  await transaction.begin();
  const request = () => transaction.request().input("id", sql.UniqueIdentifier, id);
  try {
    const { recordset } = await request().query<OrderRow>(
      "SELECT id, customer, status FROM orders WITH (UPDLOCK) WHERE id = @id",
    );
    await request()
      .input("status", status)
      .input("changed", sql.BigInt, changed.getTime())
      .query("UPDATE orders SET status = @status, changed = @changed WHERE id = @id");
    await reception.append(transaction, [statusChange(recordset[0]!, status, changed)]);
    await transaction.commit();
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
  await reception.notifyDeltaServer();
}

const { recordset } = await pool.query<{ id: string }>("SELECT TOP 1 id FROM orders ORDER BY id");
await serveAndWatch(store, () => setStatus(recordset[0]!.id, "shipped"));
await pool.close();
await store.close();

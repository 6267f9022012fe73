import { boolean, deltaClass, Entities, makeSchema, openStore, startLiveDist, string } from "livedist";
import { Edge, HttpClient, MapCopy, Replica } from "livedist/edge";

// What of the table `customers` is distributed, and under which topics.
const Customer = deltaClass("Customer", { name: string(), country: string(), active: boolean() });
const schema = makeSchema("customers-1", [Customer]);
const store = await openStore(process.argv[2] ?? "sqlite:shop.db");
const entities = new Entities(store, schema, {
  topicsOf: ({ fields }) => [`country-${String(fields["country"])}`, fields["active"] === true ? "active" : "inactive"],
  tables: { Customer: { table: "customers", key: "id", columns: { name: "full_name", active: "is_active" } } },
});

// The rows that are there become entities, once; from then on the application writes through `entities`.
await entities.transaction(() => Promise.resolve());

const clients = await store.clients.list();
if (clients.length === 0) await store.clients.add({ clientId: "paris", bitNumber: 0 });
const server = await startLiveDist({ config: { LiveDistPort: 0 }, schema, store, reader: entities });

// Elsewhere: a client that keeps the active customers in France.
const edge = new Edge(new HttpClient({ clientId: "paris", servers: [server.url] }), { schema });
const replica = new Replica(edge, { slice: "country-FR*active", copy: new MapCopy() });
replica.on("change", ({ kind, entity }) => console.log(kind, entity.fields["name"]));
await replica.start();

// What the application did with SQL it does with a unit of work, in a transaction of the same database.
await entities.transaction(async (unit) => {
  await unit.create(Customer, { name: "Louise", country: "FR", active: true });
  for await (const customer of entities.list(Customer))
    if (customer.fields["name"] === "Jules") await unit.update(Customer, customer.techId, { active: true });
});
await entities.notifyDeltaServer();
await new Promise((resolve) => setTimeout(resolve, 500));

for (const open of [replica, edge, server, store]) await ("stop" in open ? open.stop() : open.close());

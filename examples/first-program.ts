import { deltaClass, Entities, makeSchema, openStore, startLiveDist, string } from "livedist";
import { Edge, HttpClient, MapCopy, Replica } from "livedist/edge";

// A kind of entity, and the topics under which one is distributed.
const City = deltaClass("City", { name: string(), country: string(), size: string() });
const schema = makeSchema("v1", [City]);
const store = await openStore("sqlite::memory:"); // or sqlite:site.db
const entities = new Entities(store, schema, {
  topicsOf: ({ fields }) => [`country-${String(fields["country"])}`, String(fields["size"])],
});

// The server, for the client c1.
await store.clients.add({ clientId: "c1", bitNumber: 0 });
const server = await startLiveDist({ config: { LiveDistPort: 0 }, schema, store, reader: entities });

// A client that keeps a copy of the large cities outside of France.
const edge = new Edge(new HttpClient({ clientId: "c1", servers: [server.url] }), { schema });
const replica = new Replica(edge, { slice: "large*!country-FR", copy: new MapCopy() });
replica.on("change", ({ kind, entity }) => console.log(kind, entity.fields["name"]));
await replica.start();

// The application writes; what the client selects arrives there.
await entities.transaction(async (unit) => {
  await unit.create(City, { name: "Paris", country: "FR", size: "large" });
  const lima = await unit.create(City, { name: "Lima", country: "PE", size: "large" });
  await unit.update(City, lima.techId, { size: "small" }); // leaves the slice
});
await entities.notifyDeltaServer();
await new Promise((resolve) => setTimeout(resolve, 500));

for (const open of [replica, edge, server, store]) await ("stop" in open ? open.stop() : open.close());

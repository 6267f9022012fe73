import {
  deltaClass,
  Edge,
  Entities,
  HttpClient,
  int32,
  makeSchema,
  MapCopy,
  openStore,
  Replica,
  startLiveDist,
  string,
} from "livedist";

// A kind of entity, and the topics under which one is distributed.
const City = deltaClass("City", { name: string(), country: string(), population: int32() });
const schema = makeSchema("v1", [City]);
const store = await openStore("sqlite::memory:"); // or sqlite:site.db
const entities = new Entities(store, schema, {
  topicsOf: ({ fields }) => [
    `country-${String(fields["country"])}`,
    Number(fields["population"]) > 1_000_000 ? "large" : "small",
  ],
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
const lima = await entities.transaction((unit) =>
  unit.create(City, { name: "Lima", country: "PE", population: 7_737_002 }),
);
await entities.transaction((unit) => unit.create(City, { name: "Paris", country: "FR", population: 2_138_551 }));
await entities.transaction((unit) => unit.update(City, lima.techId, { population: 900_000 })); // leaves the slice
await entities.notifyDeltaServer();
await new Promise((resolve) => setTimeout(resolve, 500));

await replica.stop();
await edge.close();
await server.close();
await store.close();

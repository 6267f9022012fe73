// A program of its own: which authorities it trusts is said to Node when it starts.
import { Edge } from "../../../src/edge/edge.js";
import { HttpClient } from "../../../src/edge/http-client.js";
import { Reception } from "../../../src/entities/reception.js";
import { deltaClass } from "../../../src/delta/delta-class.js";
import { int32 } from "../../../src/delta/field-types.js";
import { makeSchema } from "../../../src/delta/schema.js";
import { newTechId } from "../../../src/base/guid.js";
import { startLiveDist } from "../../../src/site/start-live-dist.js";
import { openStore } from "../../../src/store/open-store.js";

const [certFile, keyFile] = process.argv.slice(2);
const Thing = deltaClass("Thing", { size: int32() });
const schema = makeSchema("v1", [Thing]);
const store = await openStore("sqlite::memory:");
await store.clients.add({ clientId: "c1", bitNumber: 0 });
const reception = new Reception(store, schema);
const config = { LiveDistPort: "0", LiveDistTlsCertFile: certFile, LiveDistTlsKeyFile: keyFile };
const server = await startLiveDist({ schema, store, config, environment: {} });

async function append(): Promise<void> {
  const rest = { updateTime: new Date(), topics: ["A"], fields: { size: 1 } };
  const thing = Thing.delta({ oper: "CREATE", techId: newTechId(), ...rest });
  await store.transaction((transaction) => reception.append(transaction, [thing]));
  await reception.notifyDeltaServer();
}

const said = [new URL(server.url).protocol.replace(":", "")];
await append();
for (const transport of ["webSocket", "longPoll"] as const) {
  const edge = new Edge(new HttpClient({ clientId: "c1", servers: [server.url], transport }), {
    schema,
    tracking: "transition",
  });
  let loaded = 0;
  while (loaded === 0) for await (const { sequence } of await edge.fullLoad("A")) loaded += Number(sequence !== 0);
  await append();
  for await (const { sequence } of edge.deltas()) {
    said.push(`${transport}:${loaded},${sequence}`);
    break;
  }
  await edge.close();
}
process.stdout.write(`${said.join(" ")}\n`);
await server.close();
await store.close();

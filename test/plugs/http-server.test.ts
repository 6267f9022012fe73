import { expect, it } from "vitest";
import { Edge } from "../../src/edge/edge.js";
import { HttpClient } from "../../src/edge/http-client.js";
import { HttpServer } from "../../src/http/http-server.js";
import type { HttpServerOptions, HttpServing, IHttpServer } from "../../src/plugs/http-server.js";
import { startLiveDist } from "../../src/site/start-live-dist.js";
import type { LiveDistService } from "../../src/wire/live-dist-service.js";
import { afterThis, codeOfRejection } from "../support/one-site.js";
import { all, Application, schema } from "./application.js";
import { TinyClient, TinyServer } from "./tiny-framing.js";

it("may carry requests in another way than HTTP, together with an IHttpClient of its own", async () => {
  const application = await Application.start();
  await application.create("Lima", 9);
  for (let number = 0; number < 3; number++) await application.create("place".padEnd(200_000), 8);
  const server = await startLiveDist({ ...application.options, httpServer: new TinyServer() });
  afterThis(() => server.close());
  expect(server.url).toMatch(/^tiny:/);

  const edge = new Edge(new TinyClient("c1", server.url), { schema, tracking: "transition" });
  const load = await edge.fullLoad("large");
  expect(load.count).toBe(4);
  expect((await all(load)).map(({ fields }) => String(fields["name"]).trim()).sort()).toEqual([
    "Lima",
    "place",
    "place",
    "place",
  ]);

  const fetching = edge.fetchDeltas({ waitMsMax: 60_000 });
  const techId = await application.create("Quito", 7);
  expect((await fetching).deltas).toMatchObject([{ techId, fields: { name: "Quito" } }]);

  const stranger = new Edge(new TinyClient("nobody", server.url), { schema, tracking: "transition" });
  expect(await codeOfRejection(stranger.fullLoad("large"))).toBe("UnknownClient");
  await server.close();
});

it("may be the reference implementation with something of one's own around it", async () => {
  const application = await Application.start();
  const listening: HttpServerOptions[] = [];
  class CountingServer extends HttpServer implements IHttpServer {
    override listen(service: LiveDistService, options: HttpServerOptions): Promise<HttpServing> {
      listening.push(options);
      return super.listen(service, options);
    }
  }
  const server = await startLiveDist({ ...application.options, httpServer: new CountingServer() });
  afterThis(() => server.close());
  expect(listening).toMatchObject([{ host: "127.0.0.1", port: 0, applicationSuffix: "1" }]);
  const edge = new Edge(new HttpClient({ clientId: "c1", servers: [server.url] }), { schema, tracking: "none" });
  afterThis(() => edge.close());
  expect((await edge.fullLoad("large")).count).toBe(0);
});

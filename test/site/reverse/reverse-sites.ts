import { createServer, connect, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";
import { systemClock } from "../../../src/base/clock.js";
import { ClientWatch } from "../../../src/delta-server/client-watch.js";
import { serveHttp } from "../../../src/http/serve-http.js";
import type { HttpLimits } from "../../../src/http/http-limits.js";
import { allowAll, type IPermit } from "../../../src/plugs/permit.js";
import { ParkedSockets } from "../../../src/site/reverse/parked-sockets.js";
import { Parking } from "../../../src/site/reverse/parking.js";
import { ReverseClient } from "../../../src/site/reverse/reverse-client.js";
import { ReverseServer, type ReverseServerOptions } from "../../../src/site/reverse/reverse-server.js";
import { openStore } from "../../../src/store/open-store.js";
import type { Store } from "../../../src/store/store.js";
import type { LiveDistService } from "../../../src/wire/live-dist-service.js";
import { scriptedService } from "../../http/scripted-service.js";
import { afterThis, LoggedErrors } from "../../http/serving.js";

export const SON = "paris";

/** A father on 127.0.0.1 that has one client, the son, and takes its parked connections. */
export class Father {
  readonly sockets = new ParkedSockets();
  readonly log = new LoggedErrors();
  permit: IPermit = allowAll;
  url = "";
  readonly store: Store;
  #port = 0;
  close: () => Promise<void> = () => Promise.resolve();

  private constructor(store: Store) {
    this.store = store;
  }

  static async start(): Promise<Father> {
    return new Father(await newStore()).start();
  }

  async start(): Promise<this> {
    const clients = new ClientWatch(this.store.clients, systemClock, this.log, 50);
    await clients.start();
    const permit: IPermit = { check: (request) => this.permit.check(request) };
    const serving = await serveHttp(scriptedService(), {
      host: "127.0.0.1",
      port: this.#port,
      applicationSuffix: "1",
      logger: this.log,
      parking: new Parking(this.sockets, clients, permit),
      limits: { closeMsMax: 200 },
    });
    this.url = serving.url;
    this.#port = Number(new URL(serving.url).port);
    this.close = () => {
      clients.stop();
      return serving.close();
    };
    afterThis(() => this.close());
    return this;
  }

  client(options: Partial<ConstructorParameters<typeof ReverseClient>[0]> = {}): ReverseClient {
    return new ReverseClient({ clientId: "father-site", peer: SON, sockets: this.sockets, ...options });
  }
}

async function newStore(): Promise<Store> {
  const store = await openStore("sqlite::memory:");
  afterThis(() => store.close());
  await store.clients.add({ clientId: SON, bitNumber: 0 });
  return store;
}

/** Lets a son serve a script over connections to its father. */
export function startSon(
  url: string,
  script: Partial<LiveDistService>,
  { limits, ...options }: Partial<ReverseServerOptions> & { limits?: Partial<HttpLimits> } = {},
): ReverseServer {
  const son = new ReverseServer(isWhole(script) ? script : scriptedService(script), {
    clientId: SON,
    servers: [url],
    logger: new LoggedErrors(),
    random: () => 0,
    ...options,
    limits: { closeMsMax: 200, ...limits },
  });
  afterThis(() => son.close());
  return son;
}

function isWhole(script: Partial<LiveDistService>): script is LiveDistService {
  return script.status !== undefined;
}

/** Passes TCP connections on to a server, and cuts them without a word. */
export class Cable {
  url = "";
  readonly #pairs = new Set<Socket>();

  async lay(target: string): Promise<this> {
    const { port, hostname } = new URL(target);
    const server = createServer((near) => {
      const far = connect(Number(port), hostname);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#pairs.add(from);
        from.on("error", () => undefined);
        from.once("close", () => (to.destroy(), this.#pairs.delete(from)));
        from.pipe(to);
      }
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    afterThis(() => {
      this.cut();
      server.close();
    });
    return this;
  }

  cut(): void {
    for (const socket of this.#pairs) socket.destroy();
  }
}

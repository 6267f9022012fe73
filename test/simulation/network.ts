import { Dice } from "../support/dice.js";
import type { SimulatedClock } from "../support/simulated-clock.js";
import { type Faults, SimulatedClient, SimulatedNetwork } from "../support/simulated-network.js";
import type { IHttpClient } from "../../src/plugs/http-client.js";
import { Line } from "./line.js";
import { ObservedClient } from "./observed-client.js";
import { RoamingClient } from "./roaming-client.js";
import { lineName } from "./scenario.js";
import { serverAt, siteOfServer, urlOf } from "./server-names.js";
import type { Caller } from "./simulation.js";
import type { Witness } from "./witness.js";

const noFaults: Faults = { loseRequest: 0, loseResponse: 0, cut: 0, delayMsMax: 5, repeat: 0 };

export interface NetworkParts {
  readonly faults: Faults;
  readonly clock: SimulatedClock;
  readonly witness: Witness;
  readonly dice: (name: string) => Dice;
  readonly count: (what: string) => void;
  readonly note: (what: string) => void;
}

/** The lines between all sites and edges of a run. */
export class Network {
  readonly #parts: NetworkParts;
  readonly #servers = new Map<string, SimulatedNetwork>();
  readonly #lines = new Map<string, Line>();
  readonly #clients = new Map<string, number>();

  constructor(parts: NetworkParts) {
    this.#parts = parts;
  }

  line(client: string, server: string): Line {
    const name = lineName(client, server);
    const line = this.#lines.get(name) ?? new Line(name);
    this.#lines.set(name, line);
    return line;
  }

  server(name: string): SimulatedNetwork {
    const { clock, faults, count, note } = this.#parts;
    const server = this.#servers.get(name) ?? new SimulatedNetwork(clock, faults, count, note);
    this.#servers.set(name, server);
    return server;
  }

  /** Makes what carries the requests of a process to one of some servers of a site, of which the first is asked first. */
  reach(caller: Caller, servers: readonly string[]): IHttpClient {
    const [first, ...others] = servers as [string, ...string[]];
    if (others.length === 0) return this.client(caller, first);
    const { name, clientId, process, transport } = caller;
    return new RoamingClient({
      clientId,
      urls: servers.map(urlOf),
      isStreaming: transport === "stream",
      clock: process,
      random: this.#parts.dice(`way ${lineName(name, first)}`).random,
      clientAt: (url) => this.client(caller, serverAt(url)),
    });
  }

  /** Makes what carries the requests of a process to a server. Edges are followed from server to server. */
  client({ name, clientId, process, transport, isSite }: Caller, server: string): IHttpClient {
    const site = siteOfServer(server);
    const line = this.line(name, site);
    const number = (this.#clients.get(line.name) ?? 0) + 1;
    this.#clients.set(line.name, number);
    const dice = this.#parts.dice(`client ${line.name} ${number}`);
    const client = new SimulatedClient(this.server(server), clientId, dice, transport, () => line.for(process));
    return new ObservedClient(client, this.#parts.witness, {
      line: isSite ? line.name : name,
      client: name,
      server: site,
      isSite,
    });
  }

  /** Ends all faults, and heals all lines. */
  mend(): void {
    for (const server of this.#servers.values()) server.faults = noFaults;
    for (const line of this.#lines.values()) line.heal();
  }
}

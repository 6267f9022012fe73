import { codeOf } from "../../src/base/errors.js";
import type { Line } from "./line.js";
import { type Operation, type Scenario, siteOf } from "./scenario.js";
import { AWAY } from "./simulated-database.js";
import { siteOfServer } from "./server-names.js";
import { SimulatedEdge } from "./simulated-edge.js";
import { SimulatedProxy } from "./simulated-proxy.js";
import { SimulatedSite } from "./simulated-site.js";
import type { Simulation } from "./simulation.js";
import { writeThing } from "./write-thing.js";

/** The sites and edges of a scenario, as they run, and what is done to them. */
export class SimulatedTree {
  readonly sites: ReadonlyMap<string, SimulatedSite>;
  readonly proxies: ReadonlyMap<string, SimulatedProxy>;
  readonly edges: ReadonlyMap<string, SimulatedEdge>;
  readonly #scenario: Scenario;
  readonly #simulation: Simulation;

  private constructor(scenario: Scenario, simulation: Simulation, sites: readonly SimulatedSite[]) {
    this.#scenario = scenario;
    this.sites = new Map(sites.map((site) => [site.plan.name, site]));
    this.proxies = new Map(scenario.proxies.map((plan) => [plan.name, new SimulatedProxy(plan, simulation)]));
    this.edges = new Map(scenario.edges.map((plan) => [plan.name, new SimulatedEdge(plan, simulation)]));
    this.#simulation = simulation;
  }

  static async create(scenario: Scenario, simulation: Simulation): Promise<SimulatedTree> {
    const sites: SimulatedSite[] = [];
    for (const plan of scenario.sites) {
      const sons = scenario.sites.filter(({ father }) => father === plan.name).map(({ name }) => name);
      // Proxies and edges have their rows in the one table of their site.
      const clients = [
        ...scenario.proxies.filter(({ name }) => siteOf(scenario, name) === plan.name),
        ...scenario.edges.filter(({ site }) => siteOf(scenario, site) === plan.name),
      ].map(({ name }) => name);
      sites.push(await SimulatedSite.create(plan, sons, clients, simulation));
    }
    return new SimulatedTree(scenario, simulation, sites);
  }

  /** Gives the site that an edge's server belongs to. */
  siteOf({ plan }: SimulatedEdge): SimulatedSite {
    return this.sites.get(siteOf(this.#scenario, plan.site))!;
  }

  begin(): void {
    for (const site of this.sites.values()) site.begin();
    for (const proxy of this.proxies.values()) proxy.begin();
    for (const edge of this.edges.values()) edge.start();
  }

  async close(): Promise<void> {
    for (const edge of this.edges.values()) await edge.close();
    for (const proxy of this.proxies.values()) await proxy.close();
    for (const site of this.sites.values()) await site.close();
  }

  /** Does what an operation says. What takes time goes on by itself. */
  do({ who, kind, text }: Operation): void {
    const site = this.sites.get(siteOfServer(who));
    const server = site?.server(who);
    const edge = this.edges.get(who);
    switch (kind) {
      case "create":
      case "update":
        this.#goOn(kind, server && writeThing(server, kind, text));
        break;
      case "slice":
        if (edge) edge.changeSlice(text);
        else this.#goOn(kind, site?.leading?.changeSlice(text));
        break;
      case "restart":
        (server ?? this.proxies.get(who))?.restart(Number(text));
        break;
      case "crash":
        server?.crashAtCommit(text.startsWith("before") ? "before" : "after", Number(text.split(" ")[1]));
        break;
      case "pause":
        server?.pause(Number(text));
        break;
      case "blind":
        server?.blind(Number(text.split(" ")[0]), text.endsWith(" alone"));
        break;
      case "join":
        site?.join(text);
        break;
      case "leave":
        this.#goOn(kind, site?.leave(who));
        break;
      case "reboot":
      case "forget":
        edge?.restart(kind === "forget");
        break;
      case "move":
        edge?.move(text);
        break;
      case "trim":
        this.#goOn(kind, site?.trim(Number(text)));
        break;
      case "purge":
        this.#goOn(kind, site?.leading?.purge());
        break;
      case "cut":
        this.#line(who).cut();
        break;
      case "heal":
        this.#line(who).heal();
        break;
      case "disable":
      case "enable":
        this.#goOn(kind, this.#able(who, kind));
        break;
      case "skew":
        site?.skew(Number(text));
        break;
      case "backup":
        site?.backup();
        break;
      case "restore":
        site?.restore(Number(text));
        break;
    }
  }

  /** Lets work go on by itself. What a site gives up that closes, or does not reach its database, is no failure; all else is. */
  #goOn(kind: string, work: Promise<unknown> | undefined): void {
    this.#simulation.count(work ? kind : `${kind}: nobody there`);
    work?.catch((error: unknown) => {
      if (codeOf(error) === "Closed" || (error as Error).message === AWAY) return;
      this.#simulation.bad("EXC", `${kind}: ${(error as Error).stack ?? ""}`);
    });
  }

  async #able(line: string, kind: "disable" | "enable"): Promise<void> {
    const [client, server] = line.split(">") as [string, string];
    await this.sites.get(server)?.store?.clients[kind](client);
  }

  #line(name: string): Line {
    const [client, server] = name.split(">") as [string, string];
    return this.#simulation.network.line(client, server);
  }
}

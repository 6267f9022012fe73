import { Dice } from "../support/dice.js";
import { firstServers, serverName } from "./server-names.js";
import type { Faults } from "../support/simulated-network.js";
import {
  type EdgePlan,
  lineName,
  type Operation,
  type OperationKind,
  type ProxyPlan,
  type Scenario,
  siteOf,
  type SitePlan,
} from "./scenario.js";

/** What kinds of scenarios there are. */
export interface ScenarioMode {
  /** Whether entities are logically deleted and purged. */
  readonly purges: boolean;
  /** Whether databases are backed up and put back. */
  readonly restores: boolean;
  /** Whether there are proxies, and edges that move between servers. */
  readonly proxies: boolean;
  /** Whether sites have several servers. */
  readonly servers: boolean;
}

/** The kinds of scenarios, which seeds take in turns. */
export const modes: Readonly<Record<string, ScenarioMode>> = {
  plain: { purges: false, restores: false, proxies: false, servers: false },
  purge: { purges: true, restores: false, proxies: false, servers: false },
  restore: { purges: true, restores: true, proxies: false, servers: false },
  proxies: { purges: true, restores: true, proxies: true, servers: false },
  "servers-plain": { purges: false, restores: false, proxies: false, servers: true },
  "servers-purge": { purges: true, restores: false, proxies: false, servers: true },
  "servers-restore": { purges: true, restores: true, proxies: false, servers: true },
  "servers-proxies": { purges: true, restores: true, proxies: true, servers: true },
};

/** Gives the scenario of a seed, which says itself of which kind it is unless that is given. */
export function scenarioOf(seed: number, mode?: string): Scenario {
  return generateScenario(seed, modes[mode ?? modeOf(seed)]!);
}

/** By pairs, since a test takes every other seed, and is to meet all kinds; of sixteen seeds, eight pairs, as many are of sites with several servers. */
function modeOf(seed: number): string {
  const half = Object.keys(modes).length / 2;
  const isOfServers = (seed >> 4) % 2 === 1;
  return Object.keys(modes)[((seed >> 1) % half) + (isOfServers ? half : 0)]!;
}

const slices = ["A", "B", "C", "A+B", "A+B+C", "A*!V", "(A+B)*!V", "A*!V+C", "V+A", "A*W+B", "W"];
const DEPTH_MAX = 4;
const ENTITIES_MAX = 12;
const SKEW_MS_MAX = 20_000;

/** Makes the scenario of a seed: always the same one. */
export function generateScenario(seed: number, mode: ScenarioMode): Scenario {
  const dice = new Dice(seed * 2_654_435_761);
  // What belongs to several servers has dice of its own, so that a seed gives the same tree with them and without.
  const serverDice = new Dice(seed * 2_654_435_761 + 1);
  const alone = someSites(dice);
  const sites = mode.servers ? alone.map((site) => withServers(serverDice, site)) : alone;
  const proxies = mode.proxies ? someProxies(dice, sites) : [];
  const edges = someEdges(dice, proxies.length > 0 ? [...proxies, ...proxies, ...sites] : sites);
  return {
    seed,
    restores: mode.restores,
    faults: someFaults(dice),
    sites,
    proxies,
    edges,
    operations: new OperationGenerator({ dice, serverDice }, mode, { sites, proxies, edges }).operations(),
  };
}

function someSites(dice: Dice): SitePlan[] {
  const count = dice.chance(0.1) ? dice.between(8, 12) : dice.between(2, 6);
  const sites: SitePlan[] = [];
  const depths = new Map<string, number>();
  for (let at = 0; at < count; at++) {
    const name = `S${at}`;
    const father = at === 0 ? undefined : dice.pick(sites.filter((site) => depths.get(site.name)! < DEPTH_MAX)).name;
    depths.set(name, father === undefined ? 1 : depths.get(father)! + 1);
    sites.push({
      name,
      father,
      slice: dice.pick(slices),
      form: dice.pick(["UPDATE", "PARTIAL+FULL"]),
      transport: dice.pick(["stream", "longPoll"]),
      skewMs: someSkew(dice),
    });
  }
  return sites;
}

/** Most sites get several servers; the first one is live. */
function withServers(dice: Dice, site: SitePlan): SitePlan {
  if (dice.chance(0.3)) return site;
  const others = Array.from({ length: dice.between(1, 2) }, () => someRole(dice));
  return { ...site, servers: ["live", ...others].join(",") };
}

function someRole(dice: Dice): string {
  return dice.pick(["live", "live", "live", "standby", "backup"]);
}

function someProxies(dice: Dice, sites: readonly SitePlan[]): ProxyPlan[] {
  const proxies: ProxyPlan[] = [];
  const count = dice.between(1, 4);
  for (let at = 0; at < count; at++) {
    const mother = dice.pick([...sites.slice(0, 2), ...proxies, ...proxies]).name;
    // Who receives by topics cannot give everything.
    const givesAll = proxies.every(({ name, topics }) => name !== mother || topics === "*");
    const topics = dice.pick([...(givesAll ? ["*"] : []), "A", "B", "A,B", "A,W"]);
    proxies.push({ name: `P${at}`, mother, topics, lifeMinutes: dice.between(1, 3) });
  }
  return proxies;
}

function someEdges(dice: Dice, sites: readonly { readonly name: string }[]): EdgePlan[] {
  return Array.from({ length: dice.between(1, 4) }, (_, at) => ({
    name: `e${at}`,
    site: dice.pick(sites).name,
    tracking: dice.pick(["registration", "transition", "transition"]),
    slice: dice.pick(slices),
    transport: dice.pick(["stream", "longPoll"]),
  }));
}

function someFaults(dice: Dice): Faults {
  const badness = dice.between(0, 150) / 1_000;
  return {
    loseRequest: badness / 2,
    loseResponse: badness,
    cut: badness / 2,
    delayMsMax: dice.pick([5, 50, 500, 2_000]),
    repeat: dice.pick([0, 0.05, 0.3]),
  };
}

function someSkew(dice: Dice): number {
  return dice.between(-SKEW_MS_MAX, SKEW_MS_MAX);
}

/** What is generated, and how often as against the others; the model's own weights, without its steps: here time passes. */
const weights: readonly (readonly [number, OperationKind])[] = [
  [26, "update"],
  [4, "slice"],
  [1.2, "restart"],
  [0.8, "crash"],
  [1.5, "reboot"],
  [3, "move"],
  [1.5, "trim"],
  [2, "cut"],
  [0.7, "disable"],
  [0.5, "skew"],
  [0.6, "purge"],
  [1.4, "restore"],
];

/** What comes in addition where sites have several servers. */
const serverWeights: readonly (readonly [number, OperationKind])[] = [
  [2, "pause"],
  [1.5, "blind"],
  [0.6, "join"],
  [0.6, "leave"],
];

class OperationGenerator {
  readonly #dice: Dice;
  readonly #serverDice: Dice;
  readonly #weights: readonly (readonly [number, OperationKind])[];
  /** The servers of each site that has several, which are there at the moment. */
  readonly #servers = new Map<string, string[]>();
  readonly #joined = new Map<string, number>();
  readonly #mode: ScenarioMode;
  readonly #sites: readonly SitePlan[];
  readonly #proxies: readonly ProxyPlan[];
  readonly #edges: readonly EdgePlan[];
  readonly #sons: readonly SitePlan[];
  readonly #lines: readonly string[];
  readonly #registered: readonly string[];
  readonly #cut = new Set<string>();
  readonly #disabled = new Set<string>();
  readonly #kept = new Set<string>();
  #entities = 0;
  #values = 0;

  constructor(
    { dice, serverDice }: { readonly dice: Dice; readonly serverDice: Dice },
    mode: ScenarioMode,
    { sites, proxies, edges }: Pick<Scenario, "sites" | "proxies" | "edges">,
  ) {
    this.#dice = dice;
    this.#serverDice = serverDice;
    this.#weights = mode.servers ? [...weights, ...serverWeights] : weights;
    for (const site of sites) if (site.servers !== undefined) this.#servers.set(site.name, [...firstServers(site)]);
    this.#mode = mode;
    this.#sites = sites;
    this.#proxies = proxies;
    this.#edges = edges;
    this.#sons = sites.filter(({ father }) => father !== undefined);
    const edgeLines = edges.map(({ name, site }) => lineName(name, site));
    const sonLines = this.#sons.map(({ name, father }) => lineName(name, father!));
    const proxyLines = proxies.map(({ name, mother }) => lineName(name, mother));
    this.#lines = [
      ...edgeLines,
      ...proxyLines,
      ...sonLines,
      ...this.#sons.map(({ name, father }) => lineName(father!, name)),
    ];
    const registered = edges.filter(({ tracking }) => tracking === "registration");
    this.#registered = [...sonLines, ...registered.map(({ name, site }) => lineName(name, siteOf({ proxies }, site)))];
  }

  operations(): Operation[] {
    const dice = this.#dice;
    const operations: Operation[] = [];
    const paceMs = dice.pick([100, 1_000, 5_000]);
    for (let more = dice.between(40, 120); more > 0; more--) {
      const made = this.#make(this.#kind());
      const waitMs = dice.chance(0.1) ? dice.between(0, 20 * paceMs) : dice.between(0, paceMs);
      if (made) operations.push({ waitMs, ...made });
    }
    return operations;
  }

  #kind(): OperationKind {
    let roll = this.#dice.random() * this.#weights.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, kind] of this.#weights) if ((roll -= weight) < 0) return kind;
    return "update";
  }

  #make(kind: OperationKind): Omit<Operation, "waitMs"> | undefined {
    const dice = this.#dice;
    const site = dice.pick(this.#sites).name;
    switch (kind) {
      case "update":
        return this.#write(this.#serverOf(site));
      case "slice":
        return { who: dice.pick([...this.#sons, ...this.#edges]).name, kind, text: dice.pick(slices) };
      case "restart":
        return {
          who: this.#serverOf(dice.pick([...this.#sites, ...this.#proxies]).name),
          kind,
          text: String(this.#downMs()),
        };
      case "crash":
        return { who: this.#serverOf(site), kind, text: `${dice.pick(["before", "after"])} ${this.#downMs()}` };
      case "pause":
      case "blind":
      case "join":
      case "leave":
        return this.#ofServers(kind, site);
      case "reboot":
        return { who: dice.pick(this.#edges).name, kind: dice.chance(0.2) ? "forget" : kind, text: "" };
      case "move":
        return this.#mode.proxies || this.#mode.servers ? this.#move(dice.pick(this.#edges)) : undefined;
      case "trim":
        return { who: site, kind, text: String(dice.between(0, 100) / 100) };
      case "cut":
        return this.#toggle(this.#cut, dice.pick(this.#lines), "cut", "heal");
      case "disable":
        if (this.#registered.length === 0) return undefined;
        return this.#toggle(this.#disabled, dice.pick(this.#registered), "disable", "enable");
      case "skew":
        return { who: site, kind, text: String(someSkew(dice)) };
      case "purge":
        return this.#mode.purges ? { who: site, kind, text: "" } : undefined;
      default:
        return this.#mode.restores ? this.#toggle(this.#kept, site, "backup", "restore") : undefined;
    }
  }

  #toggle(on: Set<string>, who: string, set: OperationKind, unset: OperationKind): Omit<Operation, "waitMs"> {
    if (on.delete(who)) return { who, kind: unset, text: unset === "restore" ? String(this.#downMs()) : "" };
    on.add(who);
    return { who, kind: set, text: "" };
  }

  #move({ name, site }: EdgePlan): Omit<Operation, "waitMs"> {
    const proxies = this.#proxies;
    const ofSite = siteOf({ proxies }, site);
    const servers = [
      ...(this.#servers.get(ofSite) ?? [ofSite]),
      ...proxies.filter((proxy) => siteOf({ proxies }, proxy.name) === ofSite).map((one) => one.name),
    ];
    return { who: name, kind: "move", text: this.#dice.pick(servers) };
  }

  /** Gives any server of a site; of a proxy, itself. */
  #serverOf(site: string): string {
    const servers = this.#servers.get(site);
    return servers === undefined ? site : this.#serverDice.pick(servers);
  }

  #ofServers(kind: "pause" | "blind" | "join" | "leave", site: string): Omit<Operation, "waitMs"> | undefined {
    const dice = this.#serverDice;
    const servers = this.#servers.get(site);
    if (servers === undefined) return undefined;
    const who = dice.pick(servers);
    switch (kind) {
      case "pause":
        return { who, kind, text: String(dice.pick([500, 5_000, 20_000])) };
      case "blind":
        return { who, kind, text: `${dice.pick([500, 5_000, 20_000])}${dice.chance(0.3) ? " alone" : ""}` };
      case "join": {
        const number = this.#joined.get(site) ?? firstServers(this.#sites.find(({ name }) => name === site)!).length;
        this.#joined.set(site, number + 1);
        servers.push(serverName(site, number));
        return { who: site, kind, text: someRole(dice) };
      }
      case "leave":
        return { who, kind, text: "" };
    }
  }

  #downMs(): number {
    return this.#dice.pick([0, 500, 20_000]);
  }

  #write(who: string): Omit<Operation, "waitMs"> {
    const dice = this.#dice;
    if (this.#entities === 0 || (this.#entities < ENTITIES_MAX && dice.chance(0.2)))
      return {
        who,
        kind: "create",
        text: `E${++this.#entities} ${this.#topics()} n=${++this.#values} m=${++this.#values}`,
      };
    return { who, kind: "update", text: `${this.#candidates()} ${this.#changes()}` };
  }

  #topics(): string {
    return `t1=${this.#dice.pick(["A", "B", "C"])} t2=${this.#dice.pick(["", "V", "W"])}`;
  }

  /** Some entities in any order, of which the site changes the first that it holds. */
  #candidates(): string {
    const names = Array.from({ length: this.#entities }, (_, at) => `E${at + 1}`);
    for (let at = names.length - 1; at > 0; at--) {
      const other = this.#dice.between(0, at);
      [names[at], names[other]] = [names[other]!, names[at]!];
    }
    return names.slice(0, 5).join("|");
  }

  #changes(): string {
    const dice = this.#dice;
    if (this.#mode.purges && dice.chance(0.12)) return "t1= t2=";
    const [t1, t2] = this.#topics().split(" ") as [string, string];
    const [n, m] = [`n=${++this.#values}`, `m=${++this.#values}`];
    if (dice.chance(0.2)) return `part${dice.pick(["+", "+", "~", "~", "-"])}=${++this.#values}`;
    const choices = [[n], [m], [n, m], [t1], [t1, n], [t1, t2], [t2, m], [n], [n, `part~=${++this.#values}`]];
    return dice.pick(choices).join(" ");
  }
}

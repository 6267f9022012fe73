import { Dice } from "../support/dice.js";
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
}

/** The kinds of scenarios, which seeds take in turns. */
export const modes: Readonly<Record<string, ScenarioMode>> = {
  plain: { purges: false, restores: false, proxies: false },
  purge: { purges: true, restores: false, proxies: false },
  restore: { purges: true, restores: true, proxies: false },
  proxies: { purges: true, restores: true, proxies: true },
};

/** Gives the scenario of a seed, which says itself of which kind it is unless that is given. */
export function scenarioOf(seed: number, mode?: string): Scenario {
  const names = Object.keys(modes);
  // By pairs: a test takes every other seed, and is to meet all kinds.
  return generateScenario(seed, modes[mode ?? names[(seed >> 1) % names.length]!]!);
}

const slices = ["A", "B", "C", "A+B", "A+B+C", "A*!V", "(A+B)*!V", "A*!V+C", "V+A", "A*W+B", "W"];
const DEPTH_MAX = 4;
const ENTITIES_MAX = 12;
const SKEW_MS_MAX = 20_000;

/** Makes the scenario of a seed: always the same one. */
export function generateScenario(seed: number, mode: ScenarioMode): Scenario {
  const dice = new Dice(seed * 2_654_435_761);
  const sites = someSites(dice);
  const proxies = mode.proxies ? someProxies(dice, sites) : [];
  const edges = someEdges(dice, proxies.length > 0 ? [...proxies, ...proxies, ...sites] : sites);
  return {
    seed,
    restores: mode.restores,
    faults: someFaults(dice),
    sites,
    proxies,
    edges,
    operations: new OperationGenerator(dice, mode, { sites, proxies, edges }).operations(),
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

class OperationGenerator {
  readonly #dice: Dice;
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
    dice: Dice,
    mode: ScenarioMode,
    { sites, proxies, edges }: Pick<Scenario, "sites" | "proxies" | "edges">,
  ) {
    this.#dice = dice;
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
    let roll = this.#dice.random() * weights.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, kind] of weights) if ((roll -= weight) < 0) return kind;
    return "update";
  }

  #make(kind: OperationKind): Omit<Operation, "waitMs"> | undefined {
    const dice = this.#dice;
    const site = dice.pick(this.#sites).name;
    switch (kind) {
      case "update":
        return this.#write(site);
      case "slice":
        return { who: dice.pick([...this.#sons, ...this.#edges]).name, kind, text: dice.pick(slices) };
      case "restart":
        return { who: dice.pick([...this.#sites, ...this.#proxies]).name, kind, text: String(this.#downMs()) };
      case "crash":
        return { who: site, kind, text: `${dice.pick(["before", "after"])} ${this.#downMs()}` };
      case "reboot":
        return { who: dice.pick(this.#edges).name, kind: dice.chance(0.2) ? "forget" : kind, text: "" };
      case "move":
        return this.#mode.proxies ? this.#move(dice.pick(this.#edges)) : undefined;
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
      ofSite,
      ...proxies.filter((proxy) => siteOf({ proxies }, proxy.name) === ofSite).map((one) => one.name),
    ];
    return { who: name, kind: "move", text: this.#dice.pick(servers) };
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

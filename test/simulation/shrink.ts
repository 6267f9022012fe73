import { siteOfServer } from "./server-names.js";
import type { EdgePlan, Operation, ProxyPlan, Scenario, SitePlan } from "./scenario.js";

/**
 * Makes a scenario that fails smaller, as long as `fails` says that it still does: leaves out operations, then edges and sites,
 * then faults, skews and servers; calls `fails` at most `runsMax` times.
 */
export async function shrink(
  scenario: Scenario,
  fails: (smaller: Scenario) => Promise<boolean>,
  runsMax: number,
): Promise<Scenario> {
  const shrinker = new Shrinker(scenario, fails, runsMax);
  for (let before: Scenario | undefined; before !== shrinker.smallest && shrinker.goesOn;) {
    before = shrinker.smallest;
    await shrinker.leaveOutOperations();
    await shrinker.leaveOutPlaces();
    await shrinker.calmDown();
  }
  return shrinker.smallest;
}

class Shrinker {
  smallest: Scenario;
  readonly #fails: (smaller: Scenario) => Promise<boolean>;
  #runsLeft: number;

  constructor(scenario: Scenario, fails: (smaller: Scenario) => Promise<boolean>, runsMax: number) {
    this.smallest = scenario;
    this.#fails = fails;
    this.#runsLeft = runsMax;
  }

  get goesOn(): boolean {
    return this.#runsLeft > 0;
  }

  /** Leaves out halves, quarters and so on down to single operations. */
  async leaveOutOperations(): Promise<void> {
    for (
      let size = Math.ceil(this.smallest.operations.length / 2);
      size >= 1;
      size = size === 1 ? 0 : Math.ceil(size / 2)
    ) {
      for (let at = 0; at < this.smallest.operations.length && this.goesOn;) {
        const { operations } = this.smallest;
        const isOut = await this.#try({ operations: without(operations, at, size) });
        if (!isOut) at += size;
      }
    }
  }

  async leaveOutPlaces(): Promise<void> {
    for (const edge of this.smallest.edges) await this.#try(withoutEdge(this.smallest, edge));
    for (const proxy of [...this.smallest.proxies].reverse()) {
      const { proxies, edges } = this.smallest;
      const isLeaf = [...proxies.map(({ mother }) => mother), ...edges.map(({ site }) => site)].every(
        (name) => name !== proxy.name,
      );
      if (isLeaf) await this.#try(withoutProxy(this.smallest, proxy));
    }
    for (const site of [...this.smallest.sites].reverse()) {
      const { sites, proxies, edges } = this.smallest;
      const isLeaf =
        sites.every(({ father }) => father !== site.name) &&
        proxies.every(({ mother }) => siteOfServer(mother) !== site.name) &&
        edges.every((edge) => siteOfServer(edge.site) !== site.name);
      if (isLeaf && site.father !== undefined) await this.#try(withoutSite(this.smallest, site));
    }
  }

  async calmDown(): Promise<void> {
    const { faults, sites } = this.smallest;
    for (const name of Object.keys(faults) as (keyof typeof faults)[])
      if (this.smallest.faults[name] > 0) await this.#try({ faults: { ...this.smallest.faults, [name]: 0 } });
    for (const { name, servers } of sites) {
      await this.#tryPlan(name, { skewMs: 0 });
      if (servers !== undefined) await this.#tryPlan(name, { servers: undefined });
      if (servers?.includes(",")) await this.#tryPlan(name, { servers: servers.slice(0, servers.lastIndexOf(",")) });
    }
  }

  #tryPlan(name: string, change: Partial<SitePlan>): Promise<boolean> {
    return this.#try({
      sites: this.smallest.sites.map((site) => (site.name === name ? { ...site, ...change } : site)),
    });
  }

  async #try(change: Partial<Scenario>): Promise<boolean> {
    if (!this.goesOn) return false;
    this.#runsLeft--;
    const smaller = { ...this.smallest, ...change };
    if (!(await this.#fails(smaller))) return false;
    this.smallest = smaller;
    return true;
  }
}

/** Leaves operations out; what comes later comes no earlier. */
function without(operations: readonly Operation[], at: number, size: number): Operation[] {
  const left = operations.slice(at, at + size).reduce((sum, { waitMs }) => sum + waitMs, 0);
  const [next, ...rest] = operations.slice(at + size);
  return [...operations.slice(0, at), ...(next ? [{ ...next, waitMs: next.waitMs + left }, ...rest] : [])];
}

function withoutEdge({ edges, operations }: Scenario, { name }: EdgePlan): Partial<Scenario> {
  return { edges: edges.filter((edge) => edge.name !== name), operations: withoutWho(operations, name) };
}

function withoutProxy({ proxies, operations }: Scenario, { name }: ProxyPlan): Partial<Scenario> {
  const left = withoutWho(operations, name).filter(({ kind, text }) => kind !== "move" || text !== name);
  return { proxies: proxies.filter((proxy) => proxy.name !== name), operations: left };
}

function withoutSite({ sites, operations }: Scenario, { name }: SitePlan): Partial<Scenario> {
  return { sites: sites.filter((site) => site.name !== name), operations: withoutWho(operations, name) };
}

function withoutWho(operations: readonly Operation[], name: string): Operation[] {
  return operations.filter(({ who }) => !who.split(">").map(siteOfServer).includes(name));
}

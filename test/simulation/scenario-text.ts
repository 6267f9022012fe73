import type { Faults } from "../support/simulated-network.js";
import {
  type EdgePlan,
  type Operation,
  type OperationKind,
  operationKinds,
  type ProxyPlan,
  type Scenario,
  type SitePlan,
} from "./scenario.js";

/** Writes a scenario as text, one line for each part and each operation, from which `parseScenario` makes it again. */
export function formatScenario({ seed, restores, faults, sites, proxies, edges, operations }: Scenario): string {
  return [
    `scenario ${pairs({ seed, restores })}`,
    `faults ${pairs({ ...faults })}`,
    ...sites.map(({ name, ...plan }) => `site ${name} ${pairs(plan)}`),
    ...proxies.map(({ name, ...plan }) => `proxy ${name} ${pairs(plan)}`),
    ...edges.map(({ name, ...plan }) => `edge ${name} ${pairs(plan)}`),
    ...operations.map(formatOperation),
    "",
  ].join("\n");
}

export function formatOperation({ waitMs, who, kind, text }: Operation): string {
  return `${waitMs} ${who} ${kind} ${text}`.trimEnd();
}

/** Reads what `formatScenario` wrote; lines may be indented, and those that begin with # are left out. Throws where it cannot. */
export function parseScenario(text: string): Scenario {
  const lines = text.split("\n").map((line) => line.trim());
  const said = lines.filter((line) => line !== "" && !line.startsWith("#")).map((line) => line.split(" "));
  const of = (kind: string): string[][] => said.filter(([first]) => first === kind).map(([, ...words]) => words);
  const one = (kind: string): Values => values(of(kind)[0] ?? []);
  const named = ([name = "", ...words]: string[]): Values => ({ name, ...values(words) });
  return {
    seed: Number(one("scenario")["seed"]),
    restores: one("scenario")["restores"] === "true",
    faults: numbers(one("faults")) as unknown as Faults,
    sites: of("site").map((words) => sitePlan(named(words))),
    proxies: of("proxy").map((words) => proxyPlan(named(words))),
    edges: of("edge").map((words) => named(words) as unknown as EdgePlan),
    operations: said.filter(([first]) => /^\d+$/.test(first!)).map(operation),
  };
}

type Values = Record<string, string>;

function pairs(object: object): string {
  const given = Object.entries(object).filter(([, value]) => value !== undefined);
  return given.map(([key, value]) => `${key}=${String(value)}`).join(" ");
}

function values(words: readonly string[]): Values {
  return Object.fromEntries(words.map((word) => splitAt(word, "=")));
}

function splitAt(word: string, mark: string): [string, string] {
  const at = word.indexOf(mark);
  return at < 0 ? [word, ""] : [word.slice(0, at), word.slice(at + 1)];
}

function numbers(of: Values): Record<string, number> {
  return Object.fromEntries(Object.entries(of).map(([key, value]) => [key, Number(value)]));
}

function sitePlan(of: Values): SitePlan {
  return { ...(of as unknown as SitePlan), father: of["father"], skewMs: Number(of["skewMs"]) };
}

function proxyPlan(of: Values): ProxyPlan {
  return { ...(of as unknown as ProxyPlan), lifeMinutes: Number(of["lifeMinutes"]) };
}

function operation([waitMs, who, kind, ...text]: string[]): Operation {
  if (!operationKinds.includes(kind as OperationKind)) throw new Error(`no operation is called ${String(kind)}`);
  return { waitMs: Number(waitMs), who: who!, kind: kind as OperationKind, text: text.join(" ") };
}

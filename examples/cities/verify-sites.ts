import type { SqlRow, Store } from "livedist";
import { setTimeout as sleep } from "node:timers/promises";
import { City, topicsOf } from "./city.js";
import { count, say } from "./say.js";
import type { TreeSite } from "./tree.js";

const COMPARE_MS = 500;
/** Comparisons that find the same differences, while every link follows, after which nothing more is awaited. */
const SAME_MAX = 10;
const DIFFERENCES_SHOWN_MAX = 5;
const columns = ["Topics", ...City.fields.map(({ name }) => name)];

interface Comparison {
  readonly cities: number;
  readonly differences: readonly string[];
}

/**
 * Compares the tables of every site with those of its father, by SQL and value by value, until they agree: what was edited last
 * is still on its way. Gives whether they do.
 */
export async function verifySites(sites: readonly TreeSite[]): Promise<boolean> {
  say("7. The sites come to rest, and the table of each is compared with its father's, value by value");
  let all = await compareAll(sites);
  for (let same = 0; isDifferent(all) && same < SAME_MAX;) {
    await sleep(COMPARE_MS);
    const before = differencesOf(all).join();
    all = await compareAll(sites);
    same = sites.every(followsAll) && differencesOf(all).join() === before ? same + 1 : 0;
  }
  for (const [{ name, father }, { cities, differences }] of all) {
    const verdict = differences.length === 0 ? "equal" : `${count(differences.length)} DIFFERENCES`;
    say(
      `   ${name.padEnd(15)} as ${father!.name.padEnd(9)}${count(cities).padStart(7)} cities, ${count(cities * columns.length)} values: ${verdict}`,
    );
    for (const difference of differences.slice(0, DIFFERENCES_SHOWN_MAX)) say(`      ${difference}`);
  }
  return !isDifferent(all);
}

type Comparisons = ReadonlyMap<TreeSite, Comparison>;

async function compareAll(sites: readonly TreeSite[]): Promise<Comparisons> {
  const rows = new Map<TreeSite, ReadonlyMap<string, SqlRow>>();
  for (const site of sites) rows.set(site, await rowsOf(site.store));
  return new Map(
    sites.flatMap((site) => (site.father ? [[site, compare(site, rows.get(site)!, rows.get(site.father)!)]] : [])),
  );
}

/** Compares what a son holds with its father's; whatever its slice selects there, it has to hold. */
function compare(
  { slice }: TreeSite,
  own: ReadonlyMap<string, SqlRow>,
  fathers: ReadonlyMap<string, SqlRow>,
): Comparison {
  const differences: string[] = [];
  for (const [techId, row] of own) {
    const other = fathers.get(techId);
    if (!other) differences.push(`${String(row["name"])} is missing at the father`);
    else {
      for (const column of columns)
        if (row[column] !== other[column])
          differences.push(
            `${column} of ${String(row["name"])} is ${String(row[column])}, and ${String(other[column])} at the father`,
          );
    }
  }
  for (const [techId, row] of fathers) {
    if (!own.has(techId) && slice!.selects(topicsOf({ fields: row })))
      differences.push(`${String(row["name"])} is missing`);
  }
  return { cities: own.size, differences };
}

async function rowsOf(store: Store): Promise<Map<string, SqlRow>> {
  const rows = await store.snapshot((snapshot) => snapshot.all(`SELECT * FROM "${store.tablesPrefix}City"`, []));
  // SQL Server writes a GUID in capitals.
  return new Map(rows.map((row) => [String(row["TechId"]).toLowerCase(), row]));
}

function followsAll({ site }: TreeSite): boolean {
  return site.links.every(({ state }) => state === "live");
}

function differencesOf(all: Comparisons): readonly string[] {
  return [...all.values()].flatMap(({ differences }) => differences);
}

function isDifferent(all: Comparisons): boolean {
  return differencesOf(all).length > 0;
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Dice } from "../support/dice.js";
import { differences, type SiteState } from "./tree-processes/differences.js";
import { siteIds } from "./tree-processes/shop.js";
import { TreeSite } from "./tree-processes/tree-site.js";

const SEED = Number(process.env["LIVEDIST_TREE_SEED"] ?? Date.now() % 1_000_000);
/** For how long there are writers and kills; `LIVEDIST_TREE_SECONDS=60` for a long run. */
const SECONDS = Number(process.env["LIVEDIST_TREE_SECONDS"] ?? 8);
/** Each site is killed so often at least, however slow the machine is. */
const ROUNDS_MIN = 2;
/** For how long the sites may take to agree: many times what they need. */
const AGREE_MS_MAX = 120_000;
const SHOWN_MAX = 20;

const dice = new Dice(SEED);
let folder: string;
let sites: readonly [center: TreeSite, son: TreeSite, grandson: TreeSite];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "livedist-tree-"));
  const opened = await Promise.all(siteIds.map((id) => TreeSite.open(id, join(folder, `${id}.db`), dice.fork())));
  sites = opened as unknown as typeof sites;
  await startTree();
}, 120_000);

afterAll(async () => {
  for (const site of sites) await site.close();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

/** The center calls its son, who gets his port first. The grandson, whom nobody can call, keeps connections for it. */
async function startTree(): Promise<void> {
  const [center, son, grandson] = sites;
  center.configure({ LiveDistSons: "son" });
  center.launch(0);
  await center.ready();
  son.configure({ LiveDistFatherServers: center.url, LiveDistSons: "grandson" });
  son.launch();
  await son.ready();
  await center.kill();
  center.configure({ LiveDistSons: `son=${son.url}` });
  center.launch();
  grandson.configure({ LiveDistFatherServers: son.url });
  grandson.launch();
  await Promise.all([center.ready(), grandson.ready()]);
}

/** Kills sites again and again, at work or while they start. Gives how often. */
async function killAgainAndAgain(): Promise<number> {
  const endMs = Date.now() + SECONDS * 1_000;
  let kills = 0;
  for (let round = 0; round < ROUNDS_MIN || Date.now() < endMs; round++) {
    for (const victim of shuffled(sites)) {
      await wait(dice.between(0, 800));
      await victim.kill();
      kills++;
      await wait(dice.pick([0, 0, 300]));
      victim.launch();
      if (dice.chance(0.7)) await victim.ready();
    }
  }
  return kills;
}

function shuffled<T>(list: readonly T[]): T[] {
  const rest = [...list];
  return list.map(() => rest.splice(dice.between(0, rest.length - 1), 1)[0]!);
}

async function states(): Promise<SiteState[]> {
  return Promise.all(
    sites.map(async (site) => ({ id: site.id, told: site.told, slice: site.slice, held: await site.held() })),
  );
}

/** Waits until all agree and have nothing left to do; gives in what they do not after AGREE_MS_MAX. */
async function disagreement(): Promise<string[]> {
  const endMs = Date.now() + AGREE_MS_MAX;
  for (;;) {
    const toDo = await Promise.all(sites.map((site) => site.toDo()));
    const found = [...differences(await states()), ...toDo.flat()];
    if (found.length === 0 || sites.some((site) => site.problems.length > 0)) return found;
    if (Date.now() >= endMs) {
      const notes = await Promise.all(sites.map((site) => site.notes()));
      return [`${found.length} differences`, ...found.slice(0, SHOWN_MAX), ...notes];
    }
    await wait(100);
  }
}

test(
  `three sites in processes that are killed while they write, seed ${SEED}: all agree in the end`,
  { timeout: SECONDS * 1_000 + 3 * AGREE_MS_MAX },
  async () => {
    process.stdout.write(`tree of processes: seed ${SEED}\n`);
    const kills = await killAgainAndAgain();
    for (const site of sites) await site.kill();
    for (const site of sites) site.launch(0);
    await Promise.all(sites.map((site) => site.ready()));
    expect(await disagreement()).toEqual([]);
    for (const site of sites) await site.kill();
    expect(sites.flatMap((site) => site.problems)).toEqual([]);
    const [center, son, grandson] = await states();
    process.stdout.write(
      `${kills} kills, orders held ${[center, son, grandson].map((site) => site!.held.size).join()}, ` +
        `writes ${sites.map(({ told }) => [...told.values()].reduce((sum, one) => sum + one, 0)).join()}\n`,
    );
    for (const { told } of sites) expect(told.size).toBeGreaterThan(0);
    expect(grandson!.held.size).toBeGreaterThan(0);
  },
);

import { describe, expect, it } from "vitest";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import type { LooseFields, LoosePart } from "../../src/entities/entity.js";
import { partsIn } from "../../src/entities/part-lists.js";
import { Dice } from "../support/dice.js";
import { openMemory } from "../store/sqlite-files.js";
import { all, id, Person } from "./entities-setup.js";
import { cached, explained, Link, WorldSite } from "./site-world.js";

const seeds = Number(process.env["LIVEDIST_SEEDS"] ?? 15);
const firstSeed = Number(process.env["LIVEDIST_SEED"] ?? 1);
const STEPS = 50;

/** Gives the fields of a part, and what an update makes of those of one that is there. */
type Inner = (techId: string, part?: LoosePart) => LooseFields;

/** Gives an update of a list of parts: one is created (anew), deleted or updated, or they all come into another order. */
function changedParts(dice: Dice, held: readonly LoosePart[], ids: readonly string[], inner: Inner): unknown {
  const free = ids.filter((one) => held.every(({ techId }) => techId !== one));
  const what = dice.between(0, 5);
  if (what === 0 && held.length > 1) {
    const order = held.map(({ techId }) => ({ techId, at: dice.random() })).sort((a, b) => a.at - b.at);
    return order.map(({ techId }) => ({ techId, ...inner(techId) }));
  }
  if (what <= 1 && held.length > 0) return [{ oper: "DELETE", techId: dice.pick(held).techId }];
  if (what <= 3 && held.length > 0) {
    const part = dice.pick(held);
    return [{ oper: "UPDATE", techId: part.techId, fields: inner(part.techId, part) }];
  }
  if (free.length === 0) return null;
  const techId = dice.pick(free);
  return [{ oper: "CREATE", techId, fields: inner(techId) }];
}

class World {
  readonly #dice: Dice;
  readonly sites: WorldSite[];
  readonly #links: Link[] = [];
  readonly #cleanups: (() => Promise<void>)[];
  #count = 0;
  /** The tech-ids of all lines of the entity that is written. */
  #taken: ReadonlySet<string> = new Set();

  private constructor(dice: Dice, sites: WorldSite[], cleanups: (() => Promise<void>)[]) {
    this.#dice = dice;
    this.sites = sites;
    this.#cleanups = cleanups;
    for (const site of sites) {
      if (site.father === undefined) continue;
      this.#links.push(new Link(site, site.father, dice), new Link(site.father, site, dice));
    }
  }

  static async open(seed: number): Promise<World> {
    const dice = new Dice(seed);
    const sites: WorldSite[] = [];
    const cleanups: (() => Promise<void>)[] = [];
    for (let at = 0, count = dice.between(3, 5); at < count; at++) {
      const opened = await openMemory();
      cleanups.push(() => opened.cleanup());
      const father = at === 0 ? undefined : dice.pick(sites);
      sites.push(new WorldSite(`s${at}`, father, opened.store, dice));
    }
    return new World(dice, sites, cleanups);
  }

  async run(): Promise<void> {
    for (let step = 0; step < STEPS; step++) {
      const dice = this.#dice;
      if (dice.chance(0.4)) await this.#write(dice.pick(this.sites));
      else await this.#deliver(dice.pick(this.#links));
      for (const site of dice.some(this.sites, 0.5)) site.clock.time += dice.between(0, 20);
    }
  }

  #deliver(link: Link): Promise<unknown> {
    const what = this.#dice.random();
    if (what < 0.65) return link.next();
    if (what < 0.8) return link.late();
    return what < 0.9 ? link.again() : link.load();
  }

  async settle(): Promise<void> {
    for (let isMoving = true; isMoving;) {
      isMoving = false;
      for (const link of this.#links) while (await link.next()) isMoving = true;
    }
  }

  async #write(site: WorldSite): Promise<void> {
    const dice = this.#dice;
    const held = await all(site.entities.list(Person));
    await site.entities.transaction(async (unit) => {
      if (held.length === 0 || dice.chance(0.1)) {
        await unit.create(Person, {
          name: this.#text(),
          phones: [{ techId: id(101), lines: [{ techId: id(1) }] }, { techId: id(102) }],
        });
        return;
      }
      const { techId, fields } = dice.pick(held);
      this.#taken = new Set(fields.phones.flatMap(({ lines }) => lines.map((line) => line.techId)));
      const choices: (() => LooseFields)[] = [
        () => ({ name: this.#text() }),
        () => ({ city: dice.chance(0.3) ? null : this.#text(), born: new Date(this.#count) }),
        () => ({
          phones: changedParts(dice, partsIn(fields.phones), phoneIds, (techId, part) => this.#phone(techId, part)),
        }),
        () => ({
          phones: changedParts(dice, partsIn(fields.phones), phoneIds, (techId, part) => this.#phone(techId, part)),
        }),
        () => ({
          phones: changedParts(dice, partsIn(fields.phones), phoneIds, (techId, part) => this.#phone(techId, part)),
        }),
        () => this.#moved(fields.phones),
        () => this.#moved(fields.phones),
        () => ({ home: dice.chance(0.3) ? null : this.#home(fields.home) }),
      ];
      await unit.update(Person, techId, dice.pick(choices)());
    });
  }

  /** Moves a line from one phone to another. */
  #moved(phones: readonly LoosePart[]): LooseFields {
    const [from, to] = [this.#dice.pick([...phones, undefined]), this.#dice.pick([...phones, undefined])];
    const [line] = partsIn(from?.["lines"]);
    if (from === undefined || to === undefined || line === undefined || from === to) return {};
    const { techId, ...fields } = line;
    return {
      phones: [
        { oper: "UPDATE", techId: from.techId, fields: { lines: [{ oper: "DELETE", techId }] } },
        { oper: "UPDATE", techId: to.techId, fields: { lines: [{ oper: "CREATE", techId, fields }] } },
      ],
    };
  }

  #home(held: LoosePart | null): LooseFields {
    const techId = this.#dice.pick(phoneIds);
    return held?.techId === techId
      ? { oper: "UPDATE", techId, fields: this.#phone(techId, held) }
      : { techId, ...this.#phone(techId) };
  }

  #phone(techId: string, part?: LoosePart): LooseFields {
    const dice = this.#dice;
    // Within an entity, parts of one field differ in their tech-ids, whatever they are in.
    const lineIds = [1, 2, 3].map((number) => id(1_000 * phoneIds.indexOf(techId) + number));
    const line = (): LooseFields => ({ digits: this.#text() });
    if (part === undefined)
      return dice.chance(0.5) ? { number: this.#text() } : { best: { techId: dice.pick(lineIds), ...line() } };
    if (dice.chance(0.4)) return { number: this.#text() };
    if (dice.chance(0.3)) return { best: dice.chance(0.3) ? null : { techId: dice.pick(lineIds), ...line() } };
    const free = lineIds.filter((one) => !this.#taken.has(one));
    return { lines: changedParts(dice, partsIn(part["lines"]), free, line) };
  }

  #text(): string {
    return `t${++this.#count}`;
  }

  async close(): Promise<void> {
    for (const cleanup of this.#cleanups) await cleanup();
  }
}

const phoneIds = [101, 102, 103, 104].map(id);

function state(deltas: readonly DeltaObject[]): object[] {
  return [...deltas].sort((a, b) => (a.techId < b.techId ? -1 : 1)).map(explained);
}

describe("sites of a tree", () => {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    it(`R53, R54: agree on every value and version whatever the order of arrival (seed ${seed})`, async () => {
      const world = await World.open(seed);
      try {
        await world.run();
        for (const site of world.sites) expect(state(await cached(site))).toEqual(state(await site.whole()));
        await world.settle();
        const [first, ...others] = await Promise.all(world.sites.map(async (site) => state(await site.whole())));
        for (const other of others) expect(other).toEqual(first);
        for (const site of world.sites) expect(state(await cached(site))).toEqual(first);
      } finally {
        await world.close();
      }
    });
  }
});

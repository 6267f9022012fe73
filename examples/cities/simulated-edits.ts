import type { Entities } from "livedist";
import { ABANDONED, City } from "./city.js";
import type { CityFields, StoredCity } from "./load-cities.js";
import { pick } from "./seeded-random.js";

type Unit = Parameters<Parameters<Entities["transaction"]>[0]>[0];

/** Populations in the middle of each size class: a city that gets one of them often crosses into another class. */
const typicalPopulations = [10_000, 50_000, 400_000, 2_000_000];
const EDITS_IN_TRANSACTION_MAX = 3;
/** A third of the changes go to cities from this size on, a third to capitals, and a third anywhere. */
const LARGE_POPULATION_MIN = 100_000;
/** The countries of the registered edge, which would go on holding abandoned cities. */
const KEPT_COUNTRIES: ReadonlySet<string> = new Set(["FR", "GB", "PT", "MC"]);

/** An edit of a city. */
export interface CityEdit {
  readonly techId: string;
  /** The city as it is then. */
  readonly fields: CityFields;
  /** What the edit has set: everything where it founded the city. */
  readonly changed: Partial<CityFields>;
}

/** Simulates people who edit cities: seeded, so that the same seed makes the same edits. */
export class SimulatedEdits {
  /** How many edits were committed. */
  editCount = 0;
  transactionCount = 0;
  readonly #entities: Entities;
  readonly #random: () => number;
  readonly #cities: Map<string, CityFields>;
  readonly #all: string[];
  readonly #large: readonly string[];
  readonly #capitals: readonly string[];
  /** Cities that are never abandoned: however long the example runs, there are some left to be changed. */
  readonly #kept: Set<string>;
  readonly #committedMs = new Map<string, number>();
  readonly #committed: (edit: CityEdit) => void;
  #foundedCount = 0;

  /** `committed` is called for each edit. */
  constructor(
    entities: Entities,
    cities: readonly StoredCity[],
    random: () => number,
    committed: (edit: CityEdit) => void,
  ) {
    this.#entities = entities;
    this.#committed = committed;
    this.#random = random;
    this.#cities = new Map(cities.map(({ techId, fields }) => [techId, fields]));
    const techIdsOf = (belongs: (fields: CityFields) => boolean) =>
      cities.filter(({ fields }) => belongs(fields)).map(({ techId }) => techId);
    this.#all = techIdsOf(() => true);
    this.#large = techIdsOf(({ population }) => population >= LARGE_POPULATION_MIN);
    this.#capitals = techIdsOf(({ place }) => place === "PPLC");
    this.#kept = new Set([
      ...this.#large,
      ...this.#capitals,
      ...techIdsOf(({ country }) => KEPT_COUNTRIES.has(country)),
    ]);
  }

  /** Commits one transaction of one to three edits, and tells the delta server. */
  commit(): Promise<void> {
    const count = 1 + Math.floor(this.#random() * EDITS_IN_TRANSACTION_MAX);
    return this.#commit(Array.from({ length: count }, () => (unit) => this.#edit(unit)));
  }

  /** Commits one transaction of edits that are not left to chance, of those cities that are there still. */
  change(techIds: Iterable<string>, fieldsOf: (city: CityFields) => Partial<CityFields>): Promise<void> {
    const there = [...techIds].filter((techId) => this.#cities.has(techId));
    return this.#commit(
      there.map((techId) => (unit) => this.#update(unit, techId, fieldsOf(this.#cities.get(techId)!))),
    );
  }

  async #commit(edits: readonly ((unit: Unit) => Promise<CityEdit>)[]): Promise<void> {
    const edited: CityEdit[] = [];
    await this.#entities.transaction(async (unit) => {
      for (const edit of edits) edited.push(await edit(unit));
    });
    const nowMs = performance.now();
    for (const edit of edited) {
      this.#committedMs.set(edit.techId, nowMs);
      this.#committed(edit);
    }
    this.editCount += edited.length;
    this.transactionCount++;
    await this.#entities.notifyDeltaServer();
  }

  /** Gives when the last edit of a city was committed, in milliseconds of performance.now(). */
  committedMs(techId: string): number | undefined {
    return this.#committedMs.get(techId);
  }

  async #edit(unit: Unit): Promise<CityEdit> {
    const kind = this.#random();
    if (kind < 0.08) return this.#found(unit);
    if (kind < 0.16 && this.#all.length > this.#kept.size) return this.#abandon(unit);
    const techId = this.#pickCity();
    return this.#update(unit, techId, kind < 0.35 ? this.#newName(techId) : this.#newPopulation(techId));
  }

  async #found(unit: Unit): Promise<CityEdit> {
    const neighbour = this.#cities.get(this.#pickCity())!;
    const name = `Newtown ${++this.#foundedCount}`;
    const fields = {
      ...neighbour,
      geoNamesId: -this.#foundedCount,
      name,
      place: "PPL",
      population: this.#typicalPopulation(),
    };
    const { techId } = await unit.create(City, fields);
    this.#cities.set(techId, fields);
    this.#all.push(techId);
    if (KEPT_COUNTRIES.has(fields.country)) this.#kept.add(techId);
    return { techId, fields, changed: fields };
  }

  async #abandon(unit: Unit): Promise<CityEdit> {
    return this.#update(unit, this.#takeSmallCity(), { place: ABANDONED });
  }

  /** Takes a city that may be abandoned out of the list. */
  #takeSmallCity(): string {
    for (;;) {
      const index = Math.floor(this.#random() * this.#all.length);
      const techId = this.#all[index]!;
      if (this.#kept.has(techId)) continue;
      const last = this.#all.pop()!;
      if (last !== techId) this.#all[index] = last;
      return techId;
    }
  }

  async #update(unit: Unit, techId: string, changed: Partial<CityFields>): Promise<CityEdit> {
    await unit.update(City, techId, changed);
    const fields = { ...this.#cities.get(techId)!, ...changed };
    this.#cities.set(techId, fields);
    return { techId, fields, changed };
  }

  #newName(techId: string): Partial<CityFields> {
    const { name } = this.#cities.get(techId)!;
    return { name: name.startsWith("New ") ? name.slice("New ".length) : `New ${name}` };
  }

  #newPopulation(techId: string): Partial<CityFields> {
    if (this.#random() < 0.2) return { population: this.#typicalPopulation() };
    const { population } = this.#cities.get(techId)!;
    return { population: Math.round(population * (0.95 + 0.1 * this.#random())) + 1 };
  }

  #typicalPopulation(): number {
    return Math.round(pick(this.#random, typicalPopulations) * (0.8 + 0.4 * this.#random()));
  }

  #pickCity(): string {
    return pick(this.#random, pick(this.#random, [this.#all, this.#large, this.#capitals]));
  }
}

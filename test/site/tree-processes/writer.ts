import { setTimeout as wait } from "node:timers/promises";
import type { Entities } from "../../../src/entities/entities.js";
import type { Unit } from "../../../src/entities/unit.js";
import { Dice } from "../../support/dice.js";
import { Line, Order, type SiteId } from "./shop.js";

const ORDERS_MAX = 60;
const PAUSE_MS_MAX = 40;
/** How many transactions choose from the same list of what is held. */
const CHOICES_PER_LIST = 10;
const topics = ["A", "A", "B", "B", "C", ""];

/** Creates, changes and moves what a site holds, until its process is killed. */
export class Writer {
  readonly #entities: Entities;
  readonly #site: SiteId;
  readonly #dice: Dice;
  readonly #say: (line: string) => void;

  constructor(entities: Entities, site: SiteId, seed: number, say: (line: string) => void) {
    this.#entities = entities;
    this.#site = site;
    this.#dice = new Dice(seed);
    this.#say = say;
  }

  async write(): Promise<never> {
    for (;;) {
      const held = await this.#held();
      for (let times = 0; times < CHOICES_PER_LIST; times++) {
        const told = await this.#entities.transaction((unit) => this.#change(unit, held));
        for (const line of told) this.#say(line);
        await this.#entities.notifyDeltaServer();
        await wait(this.#dice.between(0, PAUSE_MS_MAX));
      }
    }
  }

  async #held(): Promise<readonly string[]> {
    const held: string[] = [];
    for await (const batch of this.#entities.techIds()) held.push(...batch);
    return held;
  }

  /** Gives what to say of it when it is committed. */
  async #change(unit: Unit, held: readonly string[]): Promise<readonly string[]> {
    const isNew = this.#dice.chance(held.length === 0 ? 1 : held.length < ORDERS_MAX ? 0.2 : 0);
    if (isNew) return [await this.#create(unit)];
    const told: string[] = [];
    for (const techId of new Set([this.#dice.pick(held), this.#dice.pick(held)])) {
      told.push(...(await this.#update(unit, techId)));
      if (this.#dice.chance(0.7)) break;
    }
    return told;
  }

  async #create(unit: Unit): Promise<string> {
    const fields = { ...this.#values(1), lines: [{ text: "first", count: 0 }], [this.#site]: 1 };
    const { techId } = await unit.create(Order, fields);
    return `wrote ${techId} 1`;
  }

  async #update(unit: Unit, techId: string): Promise<readonly string[]> {
    const order = await unit.get(Order, techId);
    // The site may have dropped it meanwhile.
    if (order === undefined) return [];
    const { fields } = order;
    const count = (fields[this.#site] ?? 0) + 1;
    await unit.update(Order, techId, { ...this.#values(0.3), ...this.#lines(fields.lines), [this.#site]: count });
    return [`wrote ${techId} ${count}`];
  }

  #values(probability: number): { t1?: string; t2?: string; name?: string; size?: number } {
    const dice = this.#dice;
    const values = {
      t1: dice.pick(topics),
      t2: dice.pick(topics),
      name: `${this.#site} ${dice.between(0, 9_999)}`,
      size: dice.between(0, 9_999),
    };
    return Object.fromEntries(dice.some(Object.entries(values), probability));
  }

  #lines(held: readonly { readonly techId: string }[]) {
    const [dice, text] = [this.#dice, `${this.#site} ${this.#dice.between(0, 9_999)}`];
    const line = held.length === 0 ? undefined : dice.pick(held);
    if (line === undefined || (held.length < 4 && dice.chance(0.1)))
      return { lines: [{ oper: "CREATE", deltaClass: Line, fields: { text, count: 0 } } as const] };
    const { techId } = line;
    if (dice.chance(0.05)) return { lines: [{ oper: "DELETE", techId } as const] };
    const fields = dice.chance(0.5) ? { text } : { count: dice.between(0, 9_999) };
    return dice.chance(0.3) ? { lines: [{ oper: "UPDATE", techId, fields } as const] } : {};
  }
}

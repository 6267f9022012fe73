import { Entities } from "../../../src/entities/entities.js";
import { openStore } from "../../../src/store/open-store.js";
import type { Store } from "../../../src/store/store.js";
import type { Dice } from "../../support/dice.js";
import { OtherProcess } from "../../model/other-process.js";
import { Order, schema, type SiteId, topicsOf } from "./shop.js";

const script = new URL("./site-process.ts", import.meta.url).href;
const WRITERS = 2;
/** What sites want of their fathers: another one after some starts. */
const slices = ["A", "A+B", "B+C", "A*B+C"];
/** Milliseconds by which clocks of sites may be wrong; another number after each start. */
const WRONG_MS_MAX = 1_500;

/** What a site holds of an order. */
export interface HeldOrder {
  readonly topics: readonly string[];
  /** Its fields by name, as text. */
  readonly fields: Readonly<Record<string, string>>;
}

/** A site in a process of its own, which is killed and started again on the same file and port. */
export class TreeSite {
  readonly id: SiteId;
  readonly problems: string[] = [];
  /** How far the site has told that it counted its own writes of each order, by tech-id. */
  readonly told = new Map<string, number>();
  readonly #store: Store;
  readonly #file: string;
  readonly #entities: Entities;
  readonly #dice: Dice;
  #config: Readonly<Record<string, string>>;
  #process: OtherProcess | undefined;
  #port = "0";
  url = "";
  /** What it wants of its father. */
  slice = "A+B";

  static async open(id: SiteId, file: string, dice: Dice): Promise<TreeSite> {
    return new TreeSite(id, file, await openStore(`sqlite:${file}`, { synchronous: "normal" }), dice);
  }

  private constructor(id: SiteId, file: string, store: Store, dice: Dice) {
    this.id = id;
    this.#file = file;
    this.#store = store;
    this.#dice = dice;
    this.#entities = new Entities(store, schema, { topicsOf });
    this.#config = { LiveDistSiteId: id, LiveDistPollMs: "100" };
  }

  configure(keys: Readonly<Record<string, string>>): void {
    this.#config = { ...this.#config, ...keys };
  }

  /** Starts its process, which may not serve yet. */
  launch(writers = WRITERS): void {
    const [seed, ahead] = [this.#dice.between(1, 1e9), this.#dice.between(-WRONG_MS_MAX, WRONG_MS_MAX)];
    if (this.#dice.chance(0.5)) this.slice = this.#dice.pick(slices);
    const slice = this.id === "center" ? {} : { LiveDistFatherTopicsSlice: this.slice };
    const config = JSON.stringify({ ...this.#config, ...slice, LiveDistPort: this.#port });
    const given = { site: this.id, file: this.#file, config, ahead, writers, seed };
    const args = Object.entries(given).map(([name, value]) => `--${name}=${value}`);
    this.#process = new OtherProcess(script, args);
  }

  /** Resolves when it serves. */
  async ready(): Promise<void> {
    this.url = await this.#process!.says("ready");
    this.#port = new URL(this.url).port;
  }

  /** Kills it, ready or not. */
  async kill(): Promise<void> {
    const killed = this.#process;
    this.#process = undefined;
    await killed?.kill();
    this.problems.push(...(killed?.all("problem") ?? []));
    for (const line of killed?.all("wrote") ?? []) {
      const [, techId, count] = line.split(" ") as [string, string, string];
      this.told.set(techId, Math.max(Number(count), this.told.get(techId) ?? 0));
    }
  }

  /** Reads what its database holds, by tech-id. */
  async held(): Promise<ReadonlyMap<string, HeldOrder>> {
    const held = new Map<string, HeldOrder>();
    for await (const { techId, topics, fields } of this.#entities.list(Order)) {
      const texts = Object.entries(fields).map(([name, value]) => [name, textOf(value)]);
      held.set(techId, { topics, fields: Object.fromEntries(texts) as Record<string, string> });
    }
    return held;
  }

  /** Tells what its links have still to do: slices to change, entities to drop, to load or to unregister. */
  async toDo(): Promise<string[]> {
    const rows = await this.#store.snapshot((snapshot) => snapshot.all("SELECT State FROM LiveDistLinks"));
    return rows.flatMap(({ State }) => {
      const notes = JSON.parse(String(State)) as Record<string, unknown>;
      const left = ["wantedSlice", "minus", "toUnregister", "lacking"].filter((name) => notes[name] !== undefined);
      return left.map((name) => `${this.id} has still to do: ${name}`);
    });
  }

  /** Tells how its links stand. */
  async notes(): Promise<string> {
    const rows = await this.#store.snapshot((snapshot) => snapshot.all("SELECT Peer, State FROM LiveDistLinks"));
    const { lastSequence } = await this.#store.log.bounds();
    return `${this.id}, log to ${lastSequence}, links ${JSON.stringify(rows)}`;
  }

  async close(): Promise<void> {
    await this.kill();
    await this.#store.close();
  }
}

/** A list of parts has no order that counts. */
function textOf(value: unknown): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  return (value as object[])
    .map((part) => JSON.stringify(Object.entries(part).sort()))
    .sort()
    .join(" ");
}

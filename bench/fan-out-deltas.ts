import { deltaClass } from "../src/delta/delta-class.js";
import type { DeltaObject } from "../src/delta/delta-object.js";
import { float64, string } from "../src/delta/field-types.js";
import { makeSchema } from "../src/delta/schema.js";
import type { Oper } from "../src/delta/oper.js";
import { below, seededGuid, seededRandom, seededText } from "./random.js";

/** An entity whose deltas have bodies of 200 bytes. */
const Reading = deltaClass("Reading", { text: string(), sentAtMs: float64() });

export const readingSchema = makeSchema("readings-1", [Reading]);

export const CLIENTS = 50;
/** Clients that want each delta. */
export const WANTED_BY = 10;
export const CLIENT_IDS = Array.from({ length: CLIENTS }, (_, index) => `bench${index}`);

const REGIONS = CLIENTS / WANTED_BY;
const ENTITIES = 1_000;
const TEXT_BYTES = 192;
const UPDATED_MS = Date.UTC(2026, 0, 1);

/** Gives the slice of a client. No two are alike, so that no two clients are served as one. */
export function sliceOf(client: number, regions = REGIONS): string {
  return `(region${client % regions}*active+own${client})*!secret${client}`;
}

/** The time as all processes of this machine have it, in milliseconds. */
export function sharedNowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Makes the entities, and deltas of them; both servers get the same ones. */
export class ReadingSource {
  readonly #random;
  readonly #techIds: readonly string[];
  readonly #texts: readonly string[];
  readonly #regions: number;

  /** Each delta is of one of `regions` regions, at most as many as there are entities. */
  constructor(seed: number, regions = REGIONS) {
    this.#regions = regions;
    this.#random = seededRandom(seed);
    this.#techIds = Array.from({ length: ENTITIES }, () => seededGuid(this.#random));
    this.#texts = Array.from({ length: 100 }, () => seededText(this.#random, TEXT_BYTES));
  }

  creates(): DeltaObject[] {
    return this.#techIds.map((_, index) => this.#delta("CREATE", index));
  }

  update(): DeltaObject {
    return this.#delta("UPDATE", below(this.#random, ENTITIES));
  }

  #delta(oper: Oper, index: number): DeltaObject {
    const topics = [`region${index % this.#regions}`, "active", `kind${index % 7}`];
    return Reading.delta({
      oper,
      techId: this.#techIds[index]!,
      updateTime: new Date(UPDATED_MS),
      topics,
      oldTopics: oper === "CREATE" ? null : topics,
      fields: { text: this.#texts[index % this.#texts.length]!, sentAtMs: sharedNowMs() },
    });
  }
}

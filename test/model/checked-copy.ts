import { type Clock, sleep } from "../../src/base/clock.js";
import type { CopyChanges, CopyState, EntityCopy } from "../../src/edge/entity-copy.js";
import type { Entity } from "../../src/edge/entity.js";
import { MapCopy } from "../../src/edge/map-copy.js";
import type { Dice } from "../support/dice.js";
import { expectSame } from "./expect-same.js";
import type { Oracle, Shapes } from "./oracle.js";
import { expectRegistered } from "./registered-invariant.js";

/**
 * A copy that holds itself against the oracle whenever it says up to where it is complete: then it is exactly what its slice
 * selected at that sequence, so that no transaction is ever seen in part; or, of a registered client, what such a copy is to
 * be, unless it says itself (by a position without stamp) that this is in doubt. Takes its time, as a slow client does.
 */
export class CheckedCopy implements EntityCopy {
  readonly held = new MapCopy();
  readonly #name: string;
  readonly #oracle: Oracle;
  readonly #shapes: Shapes;
  readonly #clock: Clock;
  readonly #dice: Dice;
  readonly #slowMsMax: number;
  readonly #isRegistered: boolean;
  readonly #fail: (error: unknown) => void;
  #sequence = 0;
  checks = 0;

  constructor(
    name: string,
    model: { oracle: Oracle; shapes: Shapes; clock: Clock; fail: (error: unknown) => void },
    dice: Dice,
    slowMsMax: number,
    tracking: "transition" | "registration" = "transition",
  ) {
    this.#name = name;
    this.#oracle = model.oracle;
    this.#shapes = model.shapes;
    this.#clock = model.clock;
    this.#fail = model.fail;
    this.#dice = dice;
    this.#slowMsMax = slowMsMax;
    this.#isRegistered = tracking === "registration";
  }

  state(): CopyState | undefined {
    return this.held.state();
  }

  techIds(): Iterable<string> {
    return this.held.techIds();
  }

  get(techId: string): Entity | undefined {
    return this.held.get(techId);
  }

  async apply(changes: CopyChanges): Promise<void> {
    if (this.#slowMsMax > 0) await sleep(this.#clock, this.#dice.between(0, this.#slowMsMax));
    this.held.apply(changes);
    if (changes.state !== undefined) this.#checkNow(changes.state);
  }

  /** What a copy throws its Replica may live through; a difference is the end of the run. */
  #checkNow(state: CopyState): void {
    try {
      this.check(state);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  /** Throws where the copy is not what it is to be at its position, or the position went back. */
  check({ topicsSlice, position: { sequence, stamp } }: CopyState): void {
    if (this.#isRegistered && stamp === undefined) return;
    if (sequence < this.#sequence) throw new Error(`${this.#name} went back from ${this.#sequence} to ${sequence}`);
    this.#sequence = sequence;
    this.checks++;
    const where = `${this.#name}, slice ${topicsSlice}, sequence ${sequence}`;
    if (!this.#isRegistered) {
      expectSame(where, this.#shapes, this.held.values(), this.#oracle.selected(topicsSlice, sequence));
      return;
    }
    const held = new Map([...this.held.values()].map((entity) => [entity.techId, entity]));
    const state = { where, topicsSlice, sequence, held, isDropped: () => false };
    expectRegistered(this.#oracle, this.#shapes, state);
  }
}

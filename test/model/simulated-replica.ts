import { type Clock } from "../../src/base/clock.js";
import { codeOf } from "../../src/base/errors.js";
import { Edge } from "../../src/edge/edge.js";
import { Replica } from "../../src/edge/replica.js";
import type { CheckedCopy } from "./checked-copy.js";
import { schema } from "./classes.js";
import type { Dice } from "./dice.js";
import { SimulatedClient, type SimulatedNetwork } from "./simulated-network.js";

/** A client's program, which stops and starts again from the copy that it has stored. */
export class SimulatedReplica {
  readonly copy: CheckedCopy;
  readonly #network: SimulatedNetwork;
  readonly #clock: Clock;
  readonly #dice: Dice;
  readonly #fail: (error: unknown) => void;
  readonly #count: (what: string) => void;
  #slice: string;
  #edge: Edge | undefined;
  #replica: Replica | undefined;

  constructor(
    copy: CheckedCopy,
    slice: string,
    world: {
      network: SimulatedNetwork;
      clock: Clock;
      dice: Dice;
      fail: (error: unknown) => void;
      count: (what: string) => void;
    },
  ) {
    this.copy = copy;
    this.#slice = slice;
    this.#network = world.network;
    this.#clock = world.clock;
    this.#dice = world.dice;
    this.#fail = world.fail;
    this.#count = world.count;
  }

  /** Begins; it is live some time later. */
  start(): void {
    const transport = this.#dice.chance(0.5) ? "stream" : "longPoll";
    const client = new SimulatedClient(this.#network, "model", this.#dice.fork(), transport);
    const times = { clock: this.#clock, random: this.#dice.random };
    this.#edge = new Edge(client, { schema, tracking: "transition", ...times });
    this.#replica = new Replica(this.#edge, { slice: this.#slice, copy: this.copy, ...times });
    this.#replica.on("change", ({ kind, delta }) =>
      this.#count(`${kind} ${delta?.leaves ? "leaves" : (delta?.oper ?? "")}`),
    );
    let last: unknown;
    this.#replica.on("error", (error) => {
      last = error;
      // The replica mends it by a load; but a server that works never lets a copy miss something.
      if (codeOf(error) === "Entity") this.#fail(error);
      this.#count(codeOf(error) ?? "unknown error");
    });
    this.#replica.on("state", (state) => {
      if (state === "failed") this.#fail(last);
    });
    this.#replica.start().catch((error: unknown) => {
      if (codeOf(error) !== "Closed") this.#fail(error);
    });
  }

  async stop(): Promise<void> {
    await this.#replica?.stop();
    await this.#edge?.close();
  }

  /** Wants another slice; resolves when the copy has it, or the program stopped before. */
  async changeSlice(slice: string): Promise<void> {
    this.#slice = slice;
    await this.#replica!.changeSlice(slice).catch((error: unknown) => {
      if (codeOf(error) !== "Closed") throw error;
    });
  }

  /** Tells whether it is live at the end of the log, and has stored that. */
  isAt(epoch: string, sequence: number): boolean {
    const state = this.copy.state();
    return (
      this.#replica?.state === "live" &&
      this.#edge?.position?.sequence === sequence &&
      state?.position.epoch === epoch &&
      state.position.sequence === sequence &&
      state.topicsSlice === this.#slice
    );
  }

  describe(): string {
    return `${this.#replica?.state} at ${JSON.stringify(this.#edge?.position)}, stored ${JSON.stringify(this.copy.state())}, slice ${this.#slice}`;
  }
}

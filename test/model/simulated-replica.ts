import { codeOf } from "../../src/base/errors.js";
import { Edge } from "../../src/edge/edge.js";
import { Replica } from "../../src/edge/replica.js";
import type { CheckedCopy } from "./checked-copy.js";
import { schema } from "./classes.js";
import type { Dice } from "../support/dice.js";
import type { Model } from "./model.js";
import { SimulatedClient } from "../support/simulated-network.js";

/** Who keeps a copy, and how. */
export interface ReplicaClient {
  readonly clientId: string;
  readonly tracking: "transition" | "registration";
}

/** A client's program, which stops and starts again from the copy that it has stored. */
export class SimulatedReplica {
  readonly copy: CheckedCopy;
  readonly #client: ReplicaClient;
  readonly #model: Model;
  readonly #dice: Dice;
  #slice: string;
  #edge: Edge | undefined;
  #replica: Replica | undefined;

  constructor(copy: CheckedCopy, slice: string, client: ReplicaClient, model: Model, dice: Dice) {
    this.copy = copy;
    this.#slice = slice;
    this.#client = client;
    this.#model = model;
    this.#dice = dice;
  }

  /** Begins; it is live some time later. */
  start(): void {
    const transport = this.#dice.chance(0.5) ? "stream" : "longPoll";
    const { clientId, tracking } = this.#client;
    const { network, clock, fail, count } = this.#model;
    const client = new SimulatedClient(network, clientId, this.#dice.fork(), transport);
    const times = { clock, random: this.#dice.random };
    this.#edge = new Edge(client, { schema, tracking, ...times });
    this.#replica = new Replica(this.#edge, { slice: this.#slice, copy: this.copy, ...times });
    this.#replica.on("change", ({ kind, delta }) =>
      count(
        `${tracking === "registration" ? "registered " : ""}${kind} ${delta?.leaves ? "leaves" : (delta?.oper ?? "")}`,
      ),
    );
    let last: unknown;
    this.#replica.on("error", (error) => {
      last = error;
      // The replica mends it by a load; but a server that works never lets a copy miss something.
      if (codeOf(error) === "Entity") fail(error);
      count(codeOf(error) ?? "unknown error");
    });
    this.#replica.on("state", (state) => {
      if (state === "failed") fail(last);
    });
    this.#replica.start().catch((error: unknown) => {
      if (codeOf(error) !== "Closed") fail(error);
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
      state.topicsSlice === this.#slice &&
      (this.#client.tracking === "transition" || state.position.stamp !== undefined)
    );
  }

  describe(): string {
    return `${this.#replica?.state} at ${JSON.stringify(this.#edge?.position)}, stored ${JSON.stringify(this.copy.state())}, slice ${this.#slice}`;
  }
}

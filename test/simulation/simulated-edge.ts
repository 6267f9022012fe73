import { codeOf } from "../../src/base/errors.js";
import { Edge } from "../../src/edge/edge.js";
import { MapCopy } from "../../src/edge/map-copy.js";
import { Replica } from "../../src/edge/replica.js";
import { MovingClient } from "./moving-client.js";
import type { EdgePlan } from "./scenario.js";
import { SimulatedProcess } from "./simulated-process.js";
import type { Simulation } from "./simulation.js";
import { schema } from "./things.js";

/** An edge's program with its Replica, which ends at any moment and goes on from its copy. */
export class SimulatedEdge {
  readonly plan: EdgePlan;
  readonly #simulation: Simulation;
  #copy = new MapCopy();
  #slice: string;
  #server: string;
  #client: MovingClient | undefined;
  #process: SimulatedProcess | undefined;
  #edge: Edge | undefined;
  #replica: Replica<MapCopy> | undefined;
  #starts = 0;

  constructor(plan: EdgePlan, simulation: Simulation) {
    this.plan = plan;
    this.#simulation = simulation;
    this.#slice = plan.slice;
    this.#server = plan.site;
  }

  get copy(): MapCopy {
    return this.#copy;
  }

  get slice(): string {
    return this.#slice;
  }

  start(): void {
    const { name, tracking, transport } = this.plan;
    const { bad, note, count, clock, dice, network, serversOf } = this.#simulation;
    const process = new SimulatedProcess(clock);
    this.#process = process;
    const { random } = dice(`edge ${name} ${++this.#starts}`);
    const caller = { name, clientId: name, process, transport, isSite: false };
    this.#client = new MovingClient(name, (server) => network.reach(caller, serversOf(server)), this.#server);
    this.#edge = new Edge(this.#client, { schema, tracking, clock: process, random });
    this.#replica = new Replica(this.#edge, { slice: this.#slice, copy: this.#copy, clock: process, random });
    this.#replica.on("error", (error) => {
      if (!process.isAlive) return;
      note(`${name} says: ${String(error)}`);
      count(`edge: ${codeOf(error) ?? "unknown error"}`);
      // It mends itself by a load; but a server that works never lets a copy miss something.
      if (codeOf(error) === "Entity") bad("I5", `${name}: ${String(error)}`);
    });
    this.#replica.on("state", (state) => {
      if (process.isAlive && state === "failed") bad("EXC", `${name} has failed`);
    });
    this.#replica.start().catch(() => undefined);
  }

  /** Ends at once and begins again, from the copy or from nothing. */
  restart(isForgotten: boolean): void {
    this.#process!.end();
    const stored = this.#copy;
    // What the program before still does does not reach the copy of the next.
    this.#copy = new MapCopy();
    if (!isForgotten) this.#copy.apply({ puts: [...stored.values()], removes: [], state: stored.state() });
    this.start();
  }

  /** Goes on at another server, as an edge does that has lost one. */
  move(server: string): void {
    this.#server = server;
    this.#client!.move(server);
    this.#simulation.count("move");
  }

  changeSlice(slice: string): void {
    this.#slice = slice;
    this.#replica!.changeSlice(slice).catch(() => undefined);
  }

  /** Tells whether it is live at the end of a log. */
  isAt(epoch: string, sequence: number): boolean {
    const position = this.#edge?.position;
    return this.#replica?.state === "live" && position?.epoch === epoch && position.sequence === sequence;
  }

  describe(): string {
    return `${this.plan.name} at ${this.#server} ${this.#replica?.state} ${JSON.stringify(this.#edge?.position)} ${this.#replica?.topicsSlice}`;
  }

  async close(): Promise<void> {
    await this.#replica?.stop();
    await this.#edge?.close();
  }
}

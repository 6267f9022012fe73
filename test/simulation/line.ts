import type { Clock } from "../../src/base/clock.js";
import { LiveDistError } from "../../src/base/errors.js";
import type { SimulatedLine } from "../support/simulated-network.js";
import type { SimulatedProcess } from "./simulated-process.js";

/** The way from a client to its server, which can be cut and healed. */
export class Line {
  readonly name: string;
  #cut = new AbortController();

  constructor(name: string) {
    this.name = name;
  }

  get isCut(): boolean {
    return this.#cut.signal.aborted;
  }

  cut(): void {
    this.#cut.abort(new LiveDistError("Network", "the line was cut"));
  }

  heal(): void {
    if (this.isCut) this.#cut = new AbortController();
  }

  /** Gives the line as a process of the client sees it at this moment. */
  for(process: SimulatedProcess & Clock): SimulatedLine {
    return { clock: process, isCut: this.isCut, broken: [this.#cut.signal, process.signal] };
  }
}

import type { Clock } from "../../src/base/clock.js";
import type { Logger } from "../../src/base/logger.js";
import type { IDeltaObjectsReader } from "../../src/plugs/delta-objects-reader.js";
import { startService } from "../../src/site/start-live-dist.js";
import type { Store } from "../../src/store/store.js";
import type { LiveDistService } from "../../src/wire/live-dist-service.js";
import { schema } from "./classes.js";
import type { Dice } from "../support/dice.js";
import type { RecordedLog } from "./recorded-log.js";
import type { SimulatedNetwork } from "../support/simulated-network.js";

interface ServerParts {
  readonly store: Store;
  readonly log: RecordedLog;
  readonly reader: IDeltaObjectsReader | undefined;
  readonly network: SimulatedNetwork;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly dice: Dice;
}

/** A LiveDist server without sockets, which dies and comes back over the same store. */
export class SimulatedServer {
  readonly #parts: ServerParts;
  /** Bytes of the log in memory: few, so that many positions are older. */
  readonly #logInMemoryBytesMax: number;
  /** Bytes of the log that the server's own trimmer leaves. */
  readonly #logBytesMax: number;
  #cleanUp: (() => Promise<void> | void)[] = [];
  #service: LiveDistService | undefined;

  constructor(parts: ServerParts) {
    this.#parts = parts;
    this.#logInMemoryBytesMax = parts.dice.pick([300, 1_000, 4_000, 20_000]);
    // Without a reader the entities are made from the log, which must be whole then.
    this.#logBytesMax = parts.reader === undefined ? 0 : parts.dice.between(1_000, 50_000);
  }

  async start(): Promise<void> {
    const { store, reader, network, clock, logger, dice } = this.#parts;
    const config = {
      pollMs: 5_000,
      clientsPollMs: 60_000,
      logKeepHours: 0,
      logBytesMax: this.#logBytesMax,
      logInMemoryBytesMax: this.#logInMemoryBytesMax,
    };
    const options = { schema, logger, clock, random: dice.random, ...(reader && { reader }) };
    ({ service: this.#service } = await startService(store, config, options, this.#cleanUp));
    network.up(this.#service);
  }

  /** Ends at once: connections break, or, where it closes in order, its clients are told first. */
  async stop(inOrder: boolean): Promise<void> {
    this.#service = undefined;
    if (!inOrder) this.#parts.network.down();
    for (const step of this.#cleanUp.reverse()) await step();
    this.#cleanUp = [];
    this.#parts.network.down();
  }

  /**
   * Trims the log up to some row, as another server of the site may at any moment (this one's own trimmer does, too); never
   * what a running server has not read, of which trimming takes care.
   */
  async trim(): Promise<void> {
    const { store, dice, log } = this.#parts;
    const { firstSequence, lastSequence } = await store.log.bounds();
    const readSequence = this.#service?.status("delta")["sequence"] as number | undefined;
    const through = dice.between(firstSequence - 1, Math.min(lastSequence, readSequence ?? lastSequence));
    await store.log.trim(through, log.trimmed(firstSequence - 1, through));
  }
}

import { sleep } from "../../src/base/clock.js";
import type { Logger } from "../../src/base/logger.js";
import { openStore } from "../../src/store/open-store.js";
import type { Store } from "../../src/store/store.js";
import type { Application } from "./application.js";
import { shapes } from "./classes.js";
import { Dice } from "../support/dice.js";
import { EntitiesApplication } from "./entities-application.js";
import { Generator } from "./generate.js";
import type { Model } from "./model.js";
import { ModelClients } from "./model-clients.js";
import { Oracle } from "./oracle.js";
import { OwnApplication } from "./own-application.js";
import { RecordedLog } from "./recorded-log.js";
import { SimulatedClock } from "../support/simulated-clock.js";
import { SimulatedNetwork } from "../support/simulated-network.js";
import { SimulatedServer } from "./simulated-server.js";

/** How often what happened, so that a test can see that everything that is meant to happen does. */
export type Counts = Map<string, number>;

/** Longer than anything here waits, in the time of the run. */
const RUN_MS_MAX = 24 * 3_600_000;
/** What a run may take to come to rest, in its time. */
const SETTLE_MS_MAX = 3_600_000;
const noFaults = { loseRequest: 0, loseResponse: 0, cut: 0, delayMsMax: 5, repeat: 0 };

/** The database of a run; see SimulatedClock for `whenIdle`. */
export interface ModelDatabase {
  readonly connectionString: string;
  readonly whenIdle?: () => Promise<void> | undefined;
}

/**
 * Runs a whole system from a seed: writers, a server that dies, a network that loses and repeats, and clients of every kind,
 * each of which is held against the oracle at every step and at the end. Rejects with what went wrong first.
 */
export async function runModel(
  seed: number,
  counts: Counts,
  trace?: (what: string) => void,
  { connectionString, whenIdle }: ModelDatabase = { connectionString: "sqlite::memory:" },
): Promise<void> {
  const dice = new Dice(seed);
  const clock = new SimulatedClock(whenIdle);
  const store = await openStore(connectionString, { clock, random: dice.fork().random });
  try {
    const failures: unknown[] = [];
    const run = new ModelRun(store, clock, dice, counts, failures, trace);
    let isDone = false;
    run
      .whole()
      .catch((error: unknown) => failures.push(error))
      .finally(() => (isDone = true));
    await clock.run(() => isDone || failures.length > 0, RUN_MS_MAX);
    if (failures.length > 0) throw failures[0];
  } finally {
    await store.close();
  }
}

class ModelRun {
  readonly #store: Store;
  readonly #dice: Dice;
  readonly #failures: readonly unknown[];
  readonly #model: Model;
  readonly #application: Application;
  readonly #keepsLog: boolean;
  readonly #server: SimulatedServer;
  readonly #clients: ModelClients;
  #writing = 0;

  constructor(
    store: Store,
    clock: SimulatedClock,
    dice: Dice,
    counts: Counts,
    failures: unknown[],
    trace: ((what: string) => void) | undefined,
  ) {
    this.#store = store;
    this.#dice = dice;
    this.#failures = failures;
    const count = (what: string, times = 1): void => void counts.set(what, (counts.get(what) ?? 0) + times);
    const fail = (error: unknown): void => void failures.push(error);
    const note = (what: string): void => trace?.(`${clock.now() % 1e8} ${what}`);
    const oracle = new Oracle(shapes);
    const log = new RecordedLog(store, count, note);
    const isOwn = dice.chance(0.5);
    this.#application = isOwn
      ? new OwnApplication(store, oracle, dice.fork(), log)
      : new EntitiesApplication(store, oracle, clock, dice.fork(), log);
    this.#keepsLog = dice.chance(0.2);
    const network = new SimulatedNetwork(clock, someFaults(dice), count, note);
    this.#model = { oracle, log, shapes, clock, network, fail, note, count };
    this.#server = new SimulatedServer({
      store,
      log,
      reader: this.#keepsLog ? undefined : this.#application,
      network,
      clock,
      logger: strictLogger(fail),
      dice: dice.fork(),
    });
    this.#clients = new ModelClients(this.#model, dice.fork(), isOwn);
  }

  async whole(): Promise<void> {
    const dice = this.#dice;
    await this.#clients.enter(this.#store);
    await this.#server.start();
    const actors = Array.from({ length: dice.between(1, 3) }, () => this.#write(dice.fork()));
    const goOn = (): boolean => this.#writing > 0 && this.#failures.length === 0;
    actors.push(this.#disturb(dice.fork(), goOn), ...this.#clients.use(goOn));
    await Promise.all(actors);
    this.#model.network.faults = noFaults;
    await this.#clients.enableAll(this.#store);
    await this.#settle();
    await this.#clients.close();
    await this.#server.stop(true);
  }

  async #write(dice: Dice): Promise<void> {
    const { oracle, clock } = this.#model;
    const generator = new Generator(shapes, dice);
    const pauseMsMax = dice.pick([500, 5_000, 20_000]);
    this.#writing++;
    for (let steps = dice.between(5, 20); steps > 0; steps--) {
      for (let burst = dice.chance(0.1) ? 10 : 1; burst > 0; burst--) {
        await this.#application.transaction(async () => {
          const writer = dice.chance(0.3) ? this.#clients.anyWriter(dice) : undefined;
          const after = (done: Parameters<Oracle["after"]>[0]) => oracle.after(done);
          const operations = generator.transaction(oracle.state, clock.now(), after, writer);
          if (dice.chance(0.3)) await sleep(clock, dice.between(0, 100));
          return operations;
        });
      }
      if (dice.chance(0.7)) await this.#application.notify();
      await sleep(clock, dice.between(0, pauseMsMax));
    }
    this.#writing--;
  }

  async #disturb(dice: Dice, goOn: () => boolean): Promise<void> {
    const { clock, count } = this.#model;
    while (goOn()) {
      await sleep(clock, dice.between(0, 30_000));
      const roll = dice.random();
      if (roll < 0.4) {
        await this.#server.stop(dice.chance(0.5));
        await sleep(clock, dice.pick([0, 100, 20_000]));
        await this.#server.start();
        this.#model.note("server restart");
        count("restart");
      } else if (roll < 0.65 && !this.#keepsLog) {
        await this.#server.trim();
        count("trim");
      } else if (roll < 0.75) {
        await this.#store.log.newEpoch();
        this.#model.note("new epoch");
        count("new epoch");
      } else {
        await this.#clients.disableOrEnable(this.#store, dice);
      }
    }
  }

  /** Lets all clients come to the end of the log, and holds each against the oracle there. */
  async #settle(): Promise<void> {
    const { clock, count, oracle } = this.#model;
    const untilMs = clock.now() + SETTLE_MS_MAX;
    for (;;) {
      const { epoch, lastSequence } = await this.#store.log.bounds();
      if (lastSequence < oracle.lastSequence) throw new Error(`the log ends at ${lastSequence}`);
      const isThere = await this.#clients.settle(epoch, lastSequence);
      if (this.#failures.length > 0) return;
      if (isThere) break;
      if (clock.now() > untilMs) throw new Error(`not settled at ${lastSequence}: ${this.#clients.describe()}`);
      await sleep(clock, 5_000);
    }
    this.#clients.checkAtEnd();
    count("transactions", oracle.transactions);
    count("rows", this.#model.log.newest);
  }
}

function someFaults(dice: Dice): SimulatedNetwork["faults"] {
  const badness = dice.random() * 0.15;
  return {
    loseRequest: badness / 2,
    loseResponse: badness,
    cut: badness / 2,
    delayMsMax: dice.pick([5, 50, 2_000]),
    repeat: dice.pick([0, 0.2, 0.5]),
  };
}

/** Takes what a server says that must not happen in these runs for a failure. */
function strictLogger(fail: (error: unknown) => void): Logger {
  const ignore = (): void => undefined;
  const refuse = (fields: Record<string, unknown>, message: string): void => {
    if (message === "the log has a new epoch: clients load again") return;
    fail(new Error(`${message}: ${JSON.stringify(fields)}`, { cause: fields["error"] }));
  };
  return { debug: ignore, info: ignore, warn: refuse, error: refuse };
}

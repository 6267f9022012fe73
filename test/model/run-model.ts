import { sleep } from "../../src/base/clock.js";
import type { Logger } from "../../src/base/logger.js";
import { openStore } from "../../src/store/open-store.js";
import { CheckedCopy } from "./checked-copy.js";
import { shapes } from "./classes.js";
import { Dice } from "./dice.js";
import { EntitiesApplication } from "./entities-application.js";
import { anySlice, Generator } from "./generate.js";
import { Oracle } from "./oracle.js";
import { OwnApplication } from "./own-application.js";
import { SimulatedClock } from "./simulated-clock.js";
import { SimulatedNetwork } from "./simulated-network.js";
import { SimulatedReplica } from "./simulated-replica.js";
import { SimulatedServer } from "./simulated-server.js";

/** How often what happened, so that a test can see that everything that is meant to happen does. */
export type Counts = Map<string, number>;

/** Longer than anything here waits, in the time of the run. */
const RUN_MS_MAX = 24 * 3_600_000;
const noFaults = { loseRequest: 0, loseResponse: 0, cut: 0, delayMsMax: 5 };

/**
 * Runs a whole system from a seed: writers, a server that dies, a network that loses answers, and clients whose copies are held
 * against the oracle at every step and at the end. Rejects with what went wrong first.
 */
export async function runModel(seed: number, counts: Counts): Promise<void> {
  const dice = new Dice(seed);
  const clock = new SimulatedClock();
  const store = await openStore("sqlite::memory:", { clock, random: dice.fork().random });
  try {
    await store.clients.add({ clientId: "model", bitNumber: 0 });
    const failures: unknown[] = [];
    const fail = (error: unknown): void => void failures.push(error);
    const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
    const oracle = new Oracle(shapes);
    const isOwn = dice.chance(0.5);
    const application = isOwn
      ? new OwnApplication(store, oracle, dice.fork())
      : new EntitiesApplication(store, oracle, clock, dice.fork());
    const keepsLog = dice.chance(0.2);
    const badness = dice.random() * 0.15;
    const network = new SimulatedNetwork(clock, {
      loseRequest: badness / 2,
      loseResponse: badness,
      cut: badness / 2,
      delayMsMax: dice.pick([5, 50, 2_000]),
    });
    const server = new SimulatedServer({
      store,
      reader: keepsLog ? undefined : application,
      network,
      clock,
      logger: strictLogger(fail),
      dice: dice.fork(),
    });
    const replicas = Array.from({ length: dice.between(2, 4) }, (_, index) => {
      const slowMsMax = dice.pick([0, 0, 200, 20_000]);
      const copy = new CheckedCopy(
        `seed ${seed}, copy ${index}`,
        { oracle, shapes, clock, fail },
        dice.fork(),
        slowMsMax,
      );
      return new SimulatedReplica(copy, anySlice(dice), { network, clock, dice: dice.fork(), fail, count });
    });

    let writing = 0;
    const untilEnd = async (dice: Dice, stepMsMax: number, step: () => Promise<void>): Promise<void> => {
      while (writing > 0 && failures.length === 0) {
        await sleep(clock, dice.between(0, stepMsMax));
        await step();
      }
    };

    const write = async (dice: Dice): Promise<void> => {
      const generator = new Generator(shapes, dice);
      const pauseMsMax = dice.pick([500, 5_000, 20_000]);
      writing++;
      for (let steps = dice.between(5, 20); steps > 0; steps--) {
        for (let burst = dice.chance(0.1) ? 10 : 1; burst > 0; burst--) {
          await application.transaction(async () => {
            const operations = generator.transaction(oracle.state, clock.now(), (done) => oracle.after(done));
            if (dice.chance(0.3)) await sleep(clock, dice.between(0, 100));
            return operations;
          });
        }
        if (dice.chance(0.7)) await application.notify();
        await sleep(clock, dice.between(0, pauseMsMax));
      }
      writing--;
    };

    const disturb = (dice: Dice): Promise<void> =>
      untilEnd(dice, 30_000, async () => {
        const roll = dice.random();
        if (roll < 0.5) {
          await server.stop(dice.chance(0.5));
          await sleep(clock, dice.pick([0, 100, 20_000]));
          await server.start();
          count("restart");
        } else if (roll < 0.85 && !keepsLog) {
          await server.trim();
          count("trim");
        } else if (roll >= 0.85) {
          await store.log.newEpoch();
          count("new epoch");
        }
      });

    const use = (dice: Dice, replica: SimulatedReplica): Promise<void> => {
      replica.start();
      return untilEnd(dice, 30_000, async () => {
        const roll = dice.random();
        if (roll < 0.3) {
          await replica.stop();
          await sleep(clock, dice.pick([0, 1_000, 60_000]));
          replica.start();
          count("start again");
        } else if (roll < 0.5) {
          await Promise.race([replica.changeSlice(anySlice(dice)), sleep(clock, 60_000)]);
          count("change slice");
        }
      });
    };

    const whole = async (): Promise<void> => {
      await server.start();
      const actors = Array.from({ length: dice.between(1, 3) }, () => write(dice.fork()));
      actors.push(disturb(dice.fork()), ...replicas.map((replica) => use(dice.fork(), replica)));
      await Promise.all(actors);
      network.faults = noFaults;
      const { epoch, lastSequence } = await store.log.bounds();
      if (lastSequence !== oracle.lastSequence)
        throw new Error(`the log ends at ${lastSequence}, the oracle at ${oracle.lastSequence}`);
      const settleMs = clock.now() + 3_600_000;
      while (!replicas.every((replica) => replica.isAt(epoch, lastSequence))) {
        if (failures.length > 0) return;
        if (clock.now() > settleMs)
          throw new Error(
            `not settled at ${epoch} ${lastSequence}: ${replicas.map((one) => one.describe()).join("; ")}`,
          );
        await sleep(clock, 5_000);
      }
      for (const { copy } of replicas) {
        copy.check(copy.state()!);
        counts.set("checks", (counts.get("checks") ?? 0) + copy.checks);
        counts.set("entities", (counts.get("entities") ?? 0) + copy.held.size);
      }
      counts.set("transactions", (counts.get("transactions") ?? 0) + lastSequence);
      for (const replica of replicas) await replica.stop();
      await server.stop(true);
    };

    let isDone = false;
    whole()
      .catch(fail)
      .finally(() => (isDone = true));
    await clock.run(() => isDone || failures.length > 0, RUN_MS_MAX);
    if (failures.length > 0) throw failures[0];
  } finally {
    await store.close();
  }
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

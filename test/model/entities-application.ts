import { type Clock, sleep } from "../../src/base/clock.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import { Entities } from "../../src/entities/entities.js";
import type { Unit } from "../../src/entities/unit.js";
import type { Snapshot, Store } from "../../src/store/store.js";
import { type Application, type MakeOperations, RolledBack, unlessRolledBack } from "./application.js";
import { schema, topicsOf } from "./classes.js";
import type { Dice } from "../support/dice.js";
import type { Operation, Oracle } from "./oracle.js";
import type { RecordedLog } from "./recorded-log.js";

/** An application that keeps its entities with the reference entities sub-system. */
export class EntitiesApplication implements Application {
  readonly #entities: Entities;
  readonly #oracle: Oracle;
  readonly #clock: Clock;
  readonly #dice: Dice;
  readonly #log: RecordedLog | undefined;

  /** `log` says at which sequence-number something was appended; without it, transactions alone are counted. */
  constructor(store: Store, oracle: Oracle, clock: Clock, dice: Dice, log?: RecordedLog) {
    this.#entities = new Entities(store, schema, { topicsOf, clock, newTechId: () => dice.guid() });
    this.#oracle = oracle;
    this.#clock = clock;
    this.#dice = dice;
    this.#log = log;
  }

  async transaction(make: MakeOperations): Promise<void> {
    const work = async (unit: Unit): Promise<void> => {
      this.#log?.whenNumbered(undefined);
      // From here on the time is another than in all that was written before.
      await sleep(this.#clock, 3);
      const startMs = this.#clock.now();
      const done: Operation[] = [];
      for (const operation of await make()) done.push(await this.#do(unit, operation));
      if (this.#dice.chance(0.15)) throw new RolledBack("rolled back on purpose");
      // A transaction that only writes what was there already leaves no row in the log.
      if (this.#log) this.#log.whenNumbered((sequence) => this.#oracle.commit(done, sequence));
      else if (done.some((operation) => operation.kind === "remove" || operation.updateTimeMs >= startMs))
        this.#oracle.commit(done);
    };
    const run = (): Promise<void> => this.#entities.transaction(work).catch(unlessRolledBack);
    await (this.#log ? this.#log.inTurn(run) : run());
  }

  notify(): Promise<void> {
    return this.#entities.notifyDeltaServer();
  }

  readAll(snapshot: Snapshot): AsyncIterable<readonly DeltaObject[]> {
    return this.#entities.readAll(snapshot);
  }

  /** Does an operation, and gives it with the time that the entity has now. */
  async #do(unit: Unit, operation: Operation): Promise<Operation> {
    const { techId } = operation;
    if (operation.kind === "remove") {
      await unit.remove(schema.classNamed("Party")!, techId);
      return operation;
    }
    const { kind, fields } = operation;
    const { updateTime } =
      kind === "create"
        ? await unit.create(schema.classNamed(operation.className)!, fields, { techId })
        : await unit.update(schema.classNamed("Party")!, techId, fields);
    return { ...operation, updateTimeMs: updateTime.getTime() };
  }
}

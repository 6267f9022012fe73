import { Reception } from "../../src/entities/reception.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import type { Snapshot, Store, Transaction } from "../../src/store/store.js";
import { type Application, type MakeOperations, RolledBack, unlessRolledBack } from "./application.js";
import { schema } from "./classes.js";
import type { Dice } from "./dice.js";
import type { Operation, Oracle, OracleEntity, OracleState } from "./oracle.js";

/**
 * An application with entities of its own, which it keeps nowhere but in the oracle: it says what it changed through
 * Reception, as UPDATE or as the guide's pairs of PARTIAL and FULL, and gives the server its entities when one starts.
 */
export class OwnApplication implements Application {
  readonly #store: Store;
  readonly #oracle: Oracle;
  readonly #dice: Dice;
  readonly #reception: Reception;

  constructor(store: Store, oracle: Oracle, dice: Dice) {
    this.#store = store;
    this.#oracle = oracle;
    this.#dice = dice;
    this.#reception = new Reception(store, schema);
  }

  async transaction(make: MakeOperations): Promise<void> {
    const work = async (transaction: Transaction): Promise<void> => {
      const operations = await make();
      await this.#reception.append(transaction, this.#deltasOf(operations));
      if (this.#dice.chance(0.15)) throw new RolledBack("rolled back on purpose");
      // Nothing comes between this and the commit, so that the oracle counts as the log does.
      this.#oracle.commit(operations);
    };
    await this.#store.transaction(work).catch(unlessRolledBack);
  }

  notify(): Promise<void> {
    return this.#reception.notifyDeltaServer();
  }

  /** Gives the entities as they were at the end of the log that the snapshot shows. */
  async *readAll(snapshot: Snapshot): AsyncGenerator<readonly DeltaObject[]> {
    const { lastSequence } = await snapshot.logBounds();
    const entities = [...this.#oracle.at(lastSequence).values()];
    for (let at = 0; at < entities.length; at += 7)
      yield entities.slice(at, at + 7).map((entity) => wholeDelta("CREATE", entity));
  }

  #deltasOf(operations: readonly Operation[]): DeltaObject[] {
    const deltas: DeltaObject[] = [];
    let state = this.#oracle.state;
    for (const operation of operations) {
      const before = state;
      state = this.#oracle.after([operation], before);
      deltas.push(...this.#deltasOfOne(operation, before, state));
    }
    return deltas;
  }

  #deltasOfOne(operation: Operation, before: OracleState, after: OracleState): DeltaObject[] {
    const { techId } = operation;
    if (operation.kind === "create") return [wholeDelta("CREATE", after.get(techId)!)];
    const held = before.get(techId)!;
    const deltaClass = schema.classNamed(held.className)!;
    const oldTopics = held.topics;
    if (operation.kind === "remove") {
      return [
        deltaClass.delta({
          oper: "DELETE",
          techId,
          updateTime: new Date(held.updateTimeMs),
          topics: oldTopics,
          oldTopics,
        }),
      ];
    }
    const { topics, fields, updateTimeMs } = operation;
    const inAPair = this.#dice.chance(0.3);
    const change = deltaClass.delta({
      oper: inAPair ? "PARTIAL" : "UPDATE",
      techId,
      updateTime: new Date(updateTimeMs),
      topics,
      oldTopics,
      fields,
    });
    return inAPair ? [change, wholeDelta("FULL", after.get(techId)!)] : [change];
  }
}

function wholeDelta(
  oper: "CREATE" | "FULL",
  { className, techId, topics, updateTimeMs, fields }: OracleEntity,
): DeltaObject {
  return schema.classNamed(className)!.delta({ oper, techId, updateTime: new Date(updateTimeMs), topics, fields });
}

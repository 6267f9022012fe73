import { Reception } from "../../src/entities/reception.js";
import type { DeltaClass } from "../../src/delta/delta-class.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import type { Snapshot, Store, Transaction } from "../../src/store/store.js";
import { type Application, type MakeOperations, RolledBack, unlessRolledBack } from "./application.js";
import { schema } from "./classes.js";
import type { Dice } from "../support/dice.js";
import { ROUTED_TOPIC } from "./generate.js";
import type { Operation, Oracle, OracleEntity, OracleState } from "./oracle.js";
import type { RecordedLog } from "./recorded-log.js";

/**
 * An application with entities of its own, which it keeps nowhere but in the oracle: it says what it changed through
 * Reception, as UPDATE, as the guide's pairs of PARTIAL and FULL, or as the whole entity again, and gives the server its
 * entities when one starts. What a client's own application has done it passes on as a site does: it registers the client, and
 * says where the change comes from, so that it is not given back.
 */
export class OwnApplication implements Application {
  readonly #store: Store;
  readonly #oracle: Oracle;
  readonly #dice: Dice;
  readonly #log: RecordedLog | undefined;
  readonly #reception: Reception;

  /** `log` says at which sequence-number something was appended; without it, transactions alone are counted. */
  constructor(store: Store, oracle: Oracle, dice: Dice, log?: RecordedLog) {
    this.#store = store;
    this.#oracle = oracle;
    this.#dice = dice;
    this.#log = log;
    this.#reception = new Reception(store, schema);
  }

  async transaction(make: MakeOperations): Promise<void> {
    const log = this.#log;
    const work = async (transaction: Transaction): Promise<void> => {
      const operations = await make();
      const deltas = this.#deltasOf(operations);
      const isRolledBack = this.#dice.chance(0.15);
      // Whoever reads the row finds it in the oracle.
      if (!isRolledBack) log?.whenNumbered((sequence) => this.#oracle.commit(operations, sequence));
      await this.#reception.append(transaction, deltas);
      if (isRolledBack) throw new RolledBack("rolled back on purpose");
      if (!log) this.#oracle.commit(operations);
    };
    const run = (): Promise<void> => this.#store.transaction(work).catch(unlessRolledBack);
    await (log ? log.inTurn(run) : run());
  }

  notify(): Promise<void> {
    return this.#reception.notifyDeltaServer();
  }

  /** Gives the entities as they were at the end of the log that the snapshot shows. */
  async *readAll(snapshot: Snapshot): AsyncGenerator<readonly DeltaObject[]> {
    const { lastSequence } = await snapshot.logBounds();
    if (lastSequence > (this.#log?.newest ?? lastSequence)) await this.#log!.catchUp();
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
    const { techId, by } = operation;
    const held = before.get(techId);
    const { className } = held ?? after.get(techId)!;
    const deltaClass = schema.classNamed(className)!;
    if (operation.kind === "remove") {
      const { topics, updateTimeMs } = held!;
      const updateTime = new Date(updateTimeMs);
      return [deltaClass.delta({ oper: "DELETE", techId, updateTime, topics, oldTopics: topics })];
    }
    const updateTime = new Date(operation.updateTimeMs);
    const topics = [...this.#routing(by), ...operation.topics];
    const registers = by === undefined ? [] : [this.#register(deltaClass, techId, updateTime, by)];
    const entity = after.get(techId)!;
    if (held === undefined || this.#dice.chance(0.2)) return [...registers, wholeDelta("CREATE", entity, topics)];
    const inAPair = this.#dice.chance(0.3);
    const change = deltaClass.delta({
      oper: inAPair ? "PARTIAL" : "UPDATE",
      techId,
      updateTime,
      topics,
      oldTopics: held.topics,
      fields: operation.kind === "update" ? operation.fields : {},
    });
    return [...registers, change, ...(inAPair ? [wholeDelta("FULL", entity)] : [])];
  }

  /** Gives the topics that say where a change goes besides, and where it comes from. */
  #routing(by: string | undefined): string[] {
    const routing = this.#dice.chance(0.1) ? [`#${ROUTED_TOPIC}`] : [];
    return by === undefined ? routing : [...routing, `#not-${by}`];
  }

  /** It stands before the change, so that whoever is registered by it is told of what follows. */
  #register(deltaClass: DeltaClass, techId: string, updateTime: Date, by: string): DeltaObject {
    const takesSynchronized = this.#dice.chance(0.3);
    return deltaClass.delta({ oper: "REGISTER", techId, updateTime, topics: [`#${by}`], takesSynchronized });
  }
}

export function wholeDelta(
  oper: "CREATE" | "FULL",
  { className, techId, topics, updateTimeMs, fields }: OracleEntity,
  allTopics = topics,
): DeltaObject {
  const updateTime = new Date(updateTimeMs);
  return schema.classNamed(className)!.delta({ oper, techId, updateTime, topics: allTopics, fields });
}

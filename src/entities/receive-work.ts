import { decodeVersions } from "../delta/decode-versions.js";
import type { DeltaObject } from "../delta/delta-object.js";
import { isWhole } from "../delta/oper.js";
import { appTopics } from "../topics/topics-list.js";
import type { Transaction } from "../store/store.js";
import { arrivedFields } from "./arrived-fields.js";
import { seeVersions } from "./check-ahead.js";
import { createDelta, fullDelta, registerDelta, updateDeltas } from "./entity-deltas.js";
import type { FoundEntity } from "./entity-reader.js";
import { topicsFor } from "./entity-topics.js";
import type { Entity, StoredEntity } from "./entity.js";
import { EntityWriter } from "./entity-writer.js";
import { mergeEntity } from "./merge-entity.js";
import type { Origin, Received, Receiver } from "./receiver.js";
import { fatherTopics, routesOf, type Routes } from "./routes.js";
import { UnitTurns } from "./unit-turns.js";
import type { UnitParts } from "./unit-of-work.js";
import { checkedTechId } from "./whole-fields.js";

/** Merges what arrives in one transaction, and gathers the deltas that go on to father and sons (guide §2.6.2, §2.6.3). */
export class ReceiveWork implements Receiver {
  readonly #parts: UnitParts;
  readonly #transaction: Transaction;
  readonly #writer: EntityWriter;
  readonly #origin: Origin;
  readonly #routes: Routes;
  readonly #turns = new UnitTurns();
  readonly #deltas: DeltaObject[] = [];

  constructor(parts: UnitParts, transaction: Transaction, origin: Origin) {
    this.#parts = parts;
    this.#transaction = transaction;
    this.#writer = new EntityWriter(transaction, parts.dialect);
    this.#origin = origin;
    this.#routes = routesOf(origin);
  }

  receive(delta: DeltaObject): Promise<Received> {
    return this.#turns.write(() => this.#receive(delta));
  }

  touch(techIds: readonly string[]): Promise<void> {
    return this.#turns.write(async () => {
      for (const techId of techIds) await this.#touch(techId);
    });
  }

  has(techId: string): Promise<boolean> {
    return this.#turns.read(async () => (await this.#findAny(techId)) !== undefined);
  }

  /** Waits for what was called and not awaited, and gives the deltas of all; see UnitTurns.end. */
  async finish(): Promise<readonly DeltaObject[]> {
    await this.#turns.end();
    return this.#deltas;
  }

  async #receive(delta: DeltaObject): Promise<Received> {
    if (delta.oper === "DELETE" || delta.oper === "REGISTER" || delta.leaves) return "unchanged";
    const { tables, reader, hybridClock, clock, clockAheadMsMax } = this.#parts;
    const table = tables.of(delta.deltaClass);
    seeVersions(hybridClock, delta, clock.now() + clockAheadMsMax);
    const found = await reader.lock(this.#transaction, [table], delta.techId);
    if (found !== undefined) return this.#merge(found, delta);
    if (!isWhole(delta.oper)) return "lacking";
    if (this.#origin.role === "father" && !this.#origin.wants(appTopics(delta.topics))) return "unwanted";
    await this.#create(delta);
    return "created";
  }

  async #create(delta: DeltaObject): Promise<void> {
    const { tables, topicsOf } = this.#parts;
    const { deltaClass, techId, updateTime, inCache } = delta;
    const fields = arrivedFields(deltaClass, delta.fields);
    const created: Entity = { deltaClass, techId, updateTime, topics: [], fields };
    const topics = topicsFor(topicsOf, created);
    const stored: StoredEntity = {
      entity: { ...created, topics: topics.app },
      inCache,
      versions: decodeVersions(delta, deltaClass),
    };
    await this.#writer.insert(tables.of(deltaClass), stored);
    this.#register(stored, false);
    this.#deltas.push(createDelta(stored, [...this.#routes.onward, ...topics.all]));
  }

  async #merge({ table, stored }: FoundEntity, delta: DeltaObject): Promise<Received> {
    const { topicsOf, updateForm } = this.#parts;
    const { entity: before, inCache } = stored;
    const merge = mergeEntity(stored, delta);
    if (merge === undefined) return "lacking";
    const takesSynchronized = isWhole(delta.oper) && merge.isOlder;
    if (merge.version === undefined) {
      this.#register(stored, takesSynchronized);
      if (this.#origin.role === "son") this.#deltas.push(fullDelta(stored, null));
      return "unchanged";
    }
    const updateTime = delta.updateTime > before.updateTime ? delta.updateTime : before.updateTime;
    const updated: Entity = { ...before, updateTime, fields: merge.after };
    const topics = topicsFor(topicsOf, updated);
    const after: StoredEntity = { entity: { ...updated, topics: topics.app }, inCache, versions: merge.versions };
    await this.#writer.update(table, after, merge.modified, before.fields);
    this.#register(after, takesSynchronized);
    const { version, modified } = merge;
    const write = { stored: after, version, modified, oldTopics: before.topics };
    this.#deltas.push(...updateDeltas(write, [...this.#routes.onward, ...topics.all], updateForm));
    return "merged";
  }

  /** The son that something came from has it: he is registered on it, ahead of whatever he is to be given of it. */
  #register(stored: StoredEntity, takesSynchronized: boolean): void {
    const { toSender } = this.#routes;
    if (toSender.length > 0) this.#deltas.push(registerDelta(stored, toSender, takesSynchronized));
  }

  async #touch(techId: string): Promise<void> {
    const found = await this.#findAny(techId);
    if (found === undefined) return;
    const { topics } = found.stored.entity;
    this.#deltas.push({ ...createDelta(found.stored, [...fatherTopics, ...topics]), oldTopics: topics });
  }

  #findAny(techId: string): Promise<FoundEntity | undefined> {
    const { reader, tables } = this.#parts;
    return reader.lock(this.#transaction, tables.entities, checkedTechId(techId, "an entity"));
  }
}

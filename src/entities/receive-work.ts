import { decodeVersions } from "../delta/decode-versions.js";
import type { DeltaObject } from "../delta/delta-object.js";
import { isWhole } from "../delta/oper.js";
import type { Version } from "../delta/version.js";
import { latestIn, type ObjectNode } from "../delta/version-tree.js";
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
import { reassert } from "./reassert.js";
import { fatherTopics, routesOf, type Routes } from "./routes.js";
import { UnitTurns } from "./unit-turns.js";
import type { EntityTable } from "./sql/entity-table.js";
import type { UnitParts } from "./unit-of-work.js";
import { checkedTechId } from "./whole-fields.js";

const none: ReadonlySet<string> = new Set();

/** Merges what arrives in one transaction, and gathers the deltas that go on to father and sons (guide §2.6.2, §2.6.3). */
export class ReceiveWork implements Receiver {
  readonly #parts: UnitParts;
  readonly #transaction: Transaction;
  readonly #writer: EntityWriter;
  readonly #origin: Origin;
  readonly #routes: Routes;
  readonly #turns = new UnitTurns();
  readonly #deltas: DeltaObject[] = [];
  /** Entities that are new and not written yet. */
  readonly #created: FoundEntity[] = [];

  constructor(parts: UnitParts, transaction: Transaction, origin: Origin) {
    this.#parts = parts;
    this.#transaction = transaction;
    this.#writer = new EntityWriter(transaction, parts.dialect);
    this.#origin = origin;
    this.#routes = routesOf(origin);
  }

  async receive(delta: DeltaObject): Promise<Received> {
    const [received] = await this.receiveAll([delta]);
    return received!;
  }

  receiveAll(deltas: readonly DeltaObject[]): Promise<readonly Received[]> {
    return this.#turns.write(() => this.#receiveAll(deltas));
  }

  touch(techIds: readonly string[]): Promise<void> {
    return this.#turns.write(async () => {
      const checked = techIds.map((techId) => checkedTechId(techId, "an entity"));
      const found = await this.#lockAnywhere(checked);
      for (const techId of checked) this.#touch(found.get(techId));
    });
  }

  /** Waits for what was called and not awaited, and gives the deltas of all; see UnitTurns.end. */
  async finish(): Promise<readonly DeltaObject[]> {
    await this.#turns.end();
    return this.#deltas;
  }

  async #receiveAll(deltas: readonly DeltaObject[]): Promise<readonly Received[]> {
    const received: Received[] = [];
    for (const some of withoutRepeats(deltas)) {
      const found = await this.#lockAll(some);
      for (const delta of some) received.push(await this.#receive(delta, found.get(delta)));
      await this.#insertCreated();
    }
    return received;
  }

  /** Locks what is held of the entities of delta-objects, no two of one entity. */
  async #lockAll(deltas: readonly DeltaObject[]): Promise<ReadonlyMap<DeltaObject, FoundEntity>> {
    const { tables, reader, hybridClock, clock, clockAheadMsMax } = this.#parts;
    const byTable = new Map<EntityTable, Map<string, DeltaObject>>();
    for (const delta of deltas) {
      if (saysNothing(delta)) continue;
      const table = tables.of(delta.deltaClass);
      seeVersions(hybridClock, delta, clock.now() + clockAheadMsMax);
      const ofTable = byTable.get(table);
      if (ofTable === undefined) byTable.set(table, new Map([[delta.techId, delta]]));
      else ofTable.set(delta.techId, delta);
    }
    const found = new Map<DeltaObject, FoundEntity>();
    for (const [table, byTechId] of byTable) {
      const held = await reader.lockSome(this.#transaction, table, [...byTechId.keys()]);
      for (const [techId, entity] of held) found.set(byTechId.get(techId)!, entity);
    }
    return found;
  }

  async #receive(delta: DeltaObject, found: FoundEntity | undefined): Promise<Received> {
    if (saysNothing(delta)) return "unchanged";
    if (found !== undefined) return this.#merge(found, delta);
    if (!isWhole(delta.oper)) return "lacking";
    if (this.#origin.role === "father" && !this.#origin.wants(appTopics(delta.topics))) return "unwanted";
    await this.#create(delta);
    return "created";
  }

  async #create(delta: DeltaObject): Promise<void> {
    const { tables, topicsOf } = this.#parts;
    const table = tables.of(delta.deltaClass);
    const { deltaClass, techId, updateTime, inCache } = delta;
    const fields = arrivedFields(deltaClass, delta.fields);
    const created: Entity = { deltaClass, techId, updateTime, topics: [], fields };
    const topics = topicsFor(topicsOf, created);
    const stored: StoredEntity = {
      entity: { ...created, topics: topics.app },
      inCache,
      versions: decodeVersions(delta, deltaClass),
    };
    // Tables of an application's own may refer to one another: what stands in them is written in the order in which it came.
    if (tables.sources.length > 0 && this.#created.at(-1)?.table !== table) await this.#insertCreated();
    this.#created.push({ table, stored });
    this.#register(stored, false);
    this.#deltas.push(createDelta(stored, [...new Set([...this.#routes.onward, ...topics.all])]));
  }

  async #merge({ table, stored }: FoundEntity, delta: DeltaObject): Promise<Received> {
    const { topicsOf, updateForm } = this.#parts;
    const { entity: before, inCache, versions } = stored;
    const merge = mergeEntity(stored, delta);
    if (merge === undefined) return "incomplete";
    const takesSynchronized = isWhole(delta.oper) && merge.isOlder;
    if (merge.version === undefined) {
      this.#register(stored, takesSynchronized);
      if (this.#origin.role === "son") this.#deltas.push(fullDelta(stored, null));
      return "unchanged";
    }
    const updateTime = delta.updateTime > before.updateTime ? delta.updateTime : before.updateTime;
    const merged: Entity = { ...before, updateTime, fields: merge.after };
    const refused = this.#refused(delta, before, merged, Object.keys(merge.modified));
    const version = refused.size === 0 ? merge.version : this.#tick(merge.versions);
    const result = reassert(before.deltaClass, { fields: before.fields, versions }, merge, refused, version);
    const { after: fields, versions: afterVersions, accepted, reasserted } = result;
    const topics = topicsFor(topicsOf, { ...merged, fields });
    const entity = { ...merged, fields, topics: topics.app };
    const after: StoredEntity = { entity, inCache, versions: afterVersions };
    await this.#insertCreated();
    await this.#writer.update(table, after, accepted, before.fields);
    this.#register(after, takesSynchronized);
    const onward = [...new Set([...this.#routes.onward, ...topics.all])];
    const isMerged = Object.keys(accepted).length > 0;
    if (isMerged) {
      const write = { stored: after, version: merge.version, modified: accepted, oldTopics: before.topics };
      this.#deltas.push(...updateDeltas(write, onward, updateForm));
    }
    if (refused.size > 0) {
      const oldTopics = isMerged ? topics.app : before.topics;
      const write = { stored: after, version, modified: reasserted, oldTopics };
      this.#deltas.push(...updateDeltas(write, [...new Set([...fatherTopics, ...topics.all])], updateForm));
    }
    return isMerged ? "merged" : "unchanged";
  }

  /** Gives the names of the fields that the application's policy does not let in. */
  #refused(delta: DeltaObject, held: Entity, merged: Entity, fields: readonly string[]): ReadonlySet<string> {
    const { mergePolicy } = this.#parts;
    const decision = mergePolicy?.({ origin: this.#origin, delta, held, merged, fields }) ?? true;
    if (decision === true) return none;
    const accepted = new Set(decision === false ? [] : decision);
    return new Set(fields.filter((name) => !accepted.has(name)));
  }

  #tick(versions: ObjectNode): Version {
    const { clock, hybridClock } = this.#parts;
    return hybridClock.tick(clock.now(), latestIn(versions));
  }

  /** The son that something came from has it: he is registered on it, ahead of whatever he is to be given of it. */
  #register(stored: StoredEntity, takesSynchronized: boolean): void {
    const { toSender } = this.#routes;
    if (toSender.length > 0) this.#deltas.push(registerDelta(stored, toSender, takesSynchronized));
  }

  #touch(found: FoundEntity | undefined): void {
    if (found === undefined) return;
    const { topics } = found.stored.entity;
    this.#deltas.push({ ...createDelta(found.stored, [...fatherTopics, ...topics]), oldTopics: topics });
  }

  /** Locks entities, in whatever tables they stand. */
  async #lockAnywhere(techIds: readonly string[]): Promise<ReadonlyMap<string, FoundEntity>> {
    const { reader, tables } = this.#parts;
    const found = new Map<string, FoundEntity>();
    for (const table of tables.entities) {
      const left = [...new Set(techIds)].filter((techId) => !found.has(techId));
      if (left.length === 0) break;
      for (const [techId, entity] of await reader.lockSome(this.#transaction, table, left)) found.set(techId, entity);
    }
    return found;
  }

  /** Writes the entities that are new and not written yet. */
  async #insertCreated(): Promise<void> {
    await this.#writer.insertAll(this.#created.splice(0));
  }
}

/** Tells whether a delta-object concerns servers only. */
function saysNothing({ oper, leaves }: DeltaObject): boolean {
  return oper === "DELETE" || oper === "REGISTER" || leaves;
}

/** Cuts delta-objects into lists in which no entity comes twice: what is held of it has to be read after it was written. */
function* withoutRepeats(deltas: readonly DeltaObject[]): Generator<readonly DeltaObject[], void, undefined> {
  let techIds = new Set<string>();
  let begin = 0;
  for (const [at, { techId }] of deltas.entries()) {
    if (techIds.has(techId)) {
      yield deltas.slice(begin, at);
      begin = at;
      techIds = new Set();
    }
    techIds.add(techId);
  }
  if (begin < deltas.length) yield deltas.slice(begin);
}

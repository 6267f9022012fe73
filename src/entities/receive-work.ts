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

  async #touch(techId: string): Promise<void> {
    const { reader, tables } = this.#parts;
    const found = await reader.lock(this.#transaction, tables.entities, checkedTechId(techId, "an entity"));
    if (found === undefined) return;
    const { topics } = found.stored.entity;
    this.#deltas.push({ ...createDelta(found.stored, [...fatherTopics, ...topics]), oldTopics: topics });
  }
}

import { ByteReader } from "../../src/base/byte-reader.js";
import { encodeDeltaBuffer, readEncodedDeltaBuffer } from "../../src/delta/delta-buffer.js";
import { decodeVersions } from "../../src/delta/decode-versions.js";
import type { DeltaClass } from "../../src/delta/delta-class.js";
import { decodeDelta } from "../../src/delta/delta-codec.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import { readEncodedDelta } from "../../src/delta/encoded-delta.js";
import { isPart } from "../../src/delta/field-type.js";
import { mergeRecord, type SchemaDelta } from "../../src/delta/merge-record.js";
import { fieldNode, partNode, placeOf, type ObjectNode } from "../../src/delta/version-tree.js";
import type { Version } from "../../src/delta/version.js";
import type { Entities } from "../../src/entities/entities.js";
import type { LooseFields } from "../../src/entities/entity.js";
import { partsIn } from "../../src/entities/part-lists.js";
import type { Origin, Received, Receiver } from "../../src/entities/receiver.js";
import type { Store } from "../../src/store/store.js";
import { appTopics } from "../../src/topics/topics-list.js";
import type { Dice } from "../support/dice.js";
import { entitiesOf, everyDelta, loggedRows, schema, TestClock } from "./entities-setup.js";

/** One site of a tree whose sites want everything and hear of everything. */
export class WorldSite {
  readonly name: string;
  readonly father: WorldSite | undefined;
  readonly store: Store;
  readonly clock = new TestClock();
  readonly entities: Entities;

  constructor(name: string, father: WorldSite | undefined, store: Store, dice: Dice, options: object = {}) {
    this.name = name;
    this.father = father;
    this.store = store;
    this.clock.time += dice.between(-40, 40);
    const ids = dice.fork();
    this.entities = entitiesOf(store, {
      siteId: name,
      clock: this.clock,
      updateForm: dice.pick(["UPDATE", "PARTIAL+FULL"] as const),
      newTechId: () => ids.guid(),
      ...options,
    });
  }

  whole(): Promise<DeltaObject[]> {
    return everyDelta(this.entities, this.store);
  }
}

/** The way from one site to another: what stands in the log of the one, and what the other has received of it. */
export class Link {
  readonly from: WorldSite;
  readonly to: WorldSite;
  readonly #dice: Dice;
  #read = 0;
  #pending: DeltaObject[][] = [];
  #passed: DeltaObject[][] = [];

  constructor(from: WorldSite, to: WorldSite, dice: Dice) {
    this.from = from;
    this.to = to;
    this.#dice = dice;
  }

  /** Delivers what is to come next; gives false where nothing is left. */
  async next(): Promise<boolean> {
    await this.#look();
    const row = this.#pending.shift();
    if (row === undefined) return false;
    await this.#deliver(row);
    return true;
  }

  /** Delivers something out of turn. */
  async late(): Promise<void> {
    await this.#look();
    if (this.#pending.length === 0) return;
    const [row] = this.#pending.splice(this.#dice.between(0, this.#pending.length - 1), 1);
    await this.#deliver(row!);
  }

  async again(): Promise<void> {
    if (this.#passed.length > 0) await this.#deliver(this.#dice.pick(this.#passed));
  }

  /** Loses what is to come and has everything loaded instead. */
  async load(): Promise<void> {
    await this.#look();
    this.#pending = [];
    await this.#receive(await this.from.whole());
  }

  async #look(): Promise<void> {
    const rows = await loggedRows(this.from.store);
    this.#pending.push(...rows.slice(this.#read).map((row) => row.filter((delta) => this.#isFor(delta))));
    this.#read = rows.length;
  }

  #isFor({ oper, topics }: DeltaObject): boolean {
    if (oper === "REGISTER" || oper === "DELETE") return false;
    if (this.to === this.from.father) return oper !== "FULL" && topics.includes("#father-site");
    return !topics.includes(`#not-site-${this.to.name}`) && (oper !== "FULL" || this.#dice.chance(0.3));
  }

  async #deliver(row: DeltaObject[]): Promise<void> {
    this.#passed.push(row);
    await this.#receive(row);
  }

  async #receive(deltas: readonly DeltaObject[]): Promise<void> {
    const origin: Origin =
      this.to.father === this.from ? { role: "father", wants: () => true } : { role: "son", siteId: this.from.name };
    const together = this.#dice.chance(0.5);
    const lacking = await this.to.entities.receive(origin, async (receiver) => {
      const received = together ? await receiver.receiveAll(deltas) : await oneByOne(receiver, deltas);
      const isLacking = (_: DeltaObject, at: number): boolean => ["lacking", "incomplete"].includes(received[at]!);
      return new Set(deltas.filter(isLacking).map(({ techId }) => techId));
    });
    if (lacking.size === 0) return;
    await this.#receive((await this.from.whole()).filter(({ techId }) => lacking.has(techId)));
  }
}

/** What receiving together has to come to. */
export async function oneByOne(receiver: Receiver, deltas: readonly DeltaObject[]): Promise<readonly Received[]> {
  const received: Received[] = [];
  for (const delta of deltas) received.push(await receiver.receive(delta));
  return received;
}

/** Says everything that is known of an entity: its values, and the version of each one, of each part and of each deleted part. */
export function explained({ deltaClass, techId, topics, fields, version, fieldVersions }: DeltaObject): object {
  const versions: Record<string, string> = {};
  explain(deltaClass, fields, decodeVersions({ version, fieldVersions }, deltaClass), "", versions);
  return { class: deltaClass.name, techId, topics: appTopics(topics), fields, versions };
}

function explain(
  deltaClass: DeltaClass,
  fields: LooseFields,
  node: ObjectNode,
  path: string,
  versions: Record<string, string>,
): void {
  for (const { name, type } of deltaClass.fields) {
    const field = fieldNode(node, name);
    versions[`${path}${name}`] = text(field.version);
    if (!isPart(type)) continue;
    const there = new Set<string>();
    for (const { techId, ...inner } of partsIn(fields[name])) {
      there.add(techId);
      const part = partNode(field, techId);
      versions[`${path}${name}.${techId}`] = `${text(part.version)} at ${text(placeOf(field, part))}`;
      explain(type.deltaClass, inner, part, `${path}${name}.${techId}.`, versions);
    }
    if (type.kind === "part") continue;
    for (const [techId, part] of field.parts)
      if (!there.has(techId)) versions[`${path}${name}.${techId}`] = `deleted ${text(part.version)}`;
  }
}

function text({ timeMs, counter, site }: Version): string {
  return `${timeMs - 1_000_000}:${counter}${site}`;
}

/** Gives the entities that a cache server makes of a site's log. */
export async function cached(site: WorldSite): Promise<DeltaObject[]> {
  const records = new Map<string, SchemaDelta>();
  for (const row of await loggedRows(site.store)) {
    for (const encoded of readEncodedDeltaBuffer(encodeDeltaBuffer(schema, row)).deltas) {
      const { oper } = encoded;
      const { techId } = decodeDelta(encoded, schema);
      if (oper === "REGISTER" || oper === "FULL") continue;
      if (oper === "DELETE") records.delete(techId);
      else records.set(techId, merged(records.get(techId), { encoded, schema }));
    }
  }
  return [...records.values()].map(({ encoded }) => decodeDelta(encoded, schema));
}

function merged(held: SchemaDelta | undefined, change: SchemaDelta): SchemaDelta {
  const bytes = mergeRecord(held, change, appTopics(change.encoded.topics)).slice();
  return { schema, encoded: readEncodedDelta(new ByteReader(bytes)) };
}

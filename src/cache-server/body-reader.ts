import { assert } from "../base/assert.js";
import { ByteWriter } from "../base/byte-writer.js";
import { codeOf, LiveDistError } from "../base/errors.js";
import { bytesToGuid } from "../base/guid.js";
import { BODIES_READ_BYTES_MAX, BODIES_READ_MAX } from "../base/limits.js";
import type { Logger } from "../base/logger.js";
import { classOf, writeDelta } from "../delta/delta-codec.js";
import type { DeltaObject } from "../delta/delta-object.js";
import type { SchemaDelta } from "../delta/merge-record.js";
import type { Schema } from "../delta/schema.js";
import type { IDeltaObjectsReader } from "../plugs/delta-objects-reader.js";
import { appTopics } from "../topics/topics-list.js";
import { emptyEntity } from "./header-record.js";

/** A whole entity of which the cache holds only the header. */
export interface EntityBody {
  /** A CREATE delta-object: topics and UpdateTime as the header has them, fields and versions as they were read. */
  readonly record: Uint8Array;
  readonly schemaName: string;
  /** The app topics that the entity had when it was read; undefined where it was gone, and `record` is without fields. */
  readonly topicsRead: readonly string[] | undefined;
}

/** Tells whether a client may be given what an entity with these app topics holds. */
export type MayGive = (topics: readonly string[]) => boolean;

export type ReadEntities = NonNullable<IDeltaObjectsReader["read"]>;

/**
 * Reads the bodies of entities of which the cache holds only the headers (guide §3.6, §5.3). A body may be newer than its
 * header. The deltas that lie between the two follow, and lead from the newer body to the same entity as from the older one.
 */
export class BodyReader {
  readonly #read: ReadEntities;
  readonly #own: Schema;
  readonly #logger: Logger;

  /** `own` is the schema of the entities that are read. */
  constructor(read: ReadEntities, own: Schema, logger: Logger) {
    this.#read = read;
    this.#own = own;
    this.#logger = logger;
  }

  /** Tells whether the entity of a delta-object is of a class that can be read. */
  reads({ encoded, schema }: SchemaDelta): boolean {
    return this.#own.classNamed(classOf(encoded, schema).name) !== undefined;
  }

  /**
   * Reads the bodies of headers in one call of the reader: of the first one, and of as many more of its class as the limits
   * allow. Rejects with Store, Closed or Internal.
   */
  async readSome(headers: readonly SchemaDelta[]): Promise<ReadonlyMap<SchemaDelta, EntityBody>> {
    try {
      return await this.#readFirst(headers);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** Reads the bodies of all headers, as a client may be given them, call by call; rejects as `readSome` does. */
  async *readAll(headers: readonly SchemaDelta[], mayGive: MayGive): AsyncGenerator<readonly EntityBody[], undefined> {
    for (let waiting = headers; waiting.length > 0;) {
      const read = await this.readSome(waiting);
      yield [...read].map(([header, body]) => givenBody(header, body, mayGive));
      waiting = waiting.filter((header) => !read.has(header));
    }
  }

  async #readFirst(headers: readonly SchemaDelta[]): Promise<ReadonlyMap<SchemaDelta, EntityBody>> {
    const { className, byTechId } = firstOfOneClass(headers);
    const deltaClass = this.#own.classNamed(className);
    assert(deltaClass !== undefined, "only of classes that can be read is the body elsewhere");
    const bodies = new Map<SchemaDelta, EntityBody>();
    let bytes = 0;
    for await (const batch of this.#read(deltaClass, [...byTechId.keys()])) {
      for (const delta of batch) {
        if (delta.deltaClass !== deltaClass) continue;
        for (const header of byTechId.get(delta.techId) ?? []) {
          const body = this.#bodyOf(header, delta);
          bodies.set(header, body);
          bytes += body.record.length;
        }
      }
      // What is left is read by a call of its own, when this much has been given away.
      if (bytes >= BODIES_READ_BYTES_MAX) return bodies;
    }
    for (const header of [...byTechId.values()].flat()) if (!bodies.has(header)) bodies.set(header, goneBody(header));
    return bodies;
  }

  #bodyOf({ encoded }: SchemaDelta, delta: DeltaObject): EntityBody {
    const writer = new ByteWriter();
    writeDelta(writer, this.#own, {
      ...delta,
      oper: "CREATE",
      topics: encoded.topics,
      oldTopics: null,
      updateTime: new Date(encoded.updateTimeMs),
      inCache: false,
      leaves: false,
      takesSynchronized: false,
      forThisClientAlone: false,
    });
    return { record: writer.copy(), schemaName: this.#own.name, topicsRead: appTopics(delta.topics) };
  }

  #failure(error: unknown): LiveDistError {
    if (error instanceof LiveDistError && codeOf(error) === "Closed") return error;
    this.#logger.error(
      { err: error },
      "entities that are not in the cache could not be read; who needs them asks again",
    );
    if (error instanceof LiveDistError && codeOf(error) === "Store") return error;
    return new LiveDistError("Internal", "the reader of delta-objects has failed", { cause: error });
  }
}

/**
 * Gives a body as a client may be given it: without fields where, by the topics that it was read with, they are none of the
 * client's any more. The delta that took them away from the client follows, as the deletion of an entity that is gone does.
 */
export function givenBody(header: SchemaDelta, body: EntityBody, mayGive: MayGive): EntityBody {
  return isGiven(body, mayGive) ? body : goneBody(header);
}

/** Tells whether a client is given a body as it was read. */
export function isGiven({ topicsRead }: EntityBody, mayGive: MayGive): boolean {
  return topicsRead === undefined || mayGive(topicsRead);
}

/** An entity without fields is still an entity: the deltas between the header and the deletion have something to change. */
function goneBody(header: SchemaDelta): EntityBody {
  return { record: emptyEntity(header), schemaName: header.schema.name, topicsRead: undefined };
}

/** Gives the class of the first header, and the headers of that class, as many as one call takes, by tech-id. */
function firstOfOneClass(headers: readonly SchemaDelta[]): {
  className: string;
  byTechId: ReadonlyMap<string, SchemaDelta[]>;
} {
  const className = nameOf(headers[0]!);
  const byTechId = new Map<string, SchemaDelta[]>();
  for (const header of headers) {
    if (nameOf(header) !== className) continue;
    const techId = bytesToGuid(header.encoded.bytes, header.encoded.techIdAt);
    const same = byTechId.get(techId);
    if (same !== undefined) same.push(header);
    else if (byTechId.size < BODIES_READ_MAX) byTechId.set(techId, [header]);
    else break;
  }
  return { className, byTechId };
}

function nameOf({ encoded, schema }: SchemaDelta): string {
  return classOf(encoded, schema).name;
}

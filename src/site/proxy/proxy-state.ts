import type { Clock } from "../../base/clock.js";
import { SequenceTooOldError } from "../../base/errors.js";
import type { Logger } from "../../base/logger.js";
import type { Random } from "../../base/random.js";
import { Cache } from "../../cache-server/cache.js";
import { DeltaServer } from "../../delta-server/delta-server.js";
import { LocalCommands } from "../../delta-server/local-commands.js";
import type { SchemaRegistry } from "../../delta/schema-registry.js";
import type { Reporter } from "../../plugs/reporter.js";
import { topicsHeld } from "../../topics/topics-held.js";
import { parseSubscription } from "../../topics/everything.js";
import { everything } from "../../topics/everything.js";
import type { Position } from "../../wire/requests.js";
import { LoadDifference } from "./load-difference.js";
import { readEntities } from "./loaded-entities.js";
import { type MotherBatch, ReceivedRows } from "./mother-batch.js";
import type { MotherLoad } from "./mother-client.js";
import { ProxyLog } from "./proxy-log.js";
import { Spans } from "./spans.js";

export interface ProxyStateParts {
  readonly schemas: SchemaRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
  readonly reporter: Reporter;
  readonly pollMs: number;
  readonly windowBytesMax: number;
  /** Gives a stamp that no load of this proxy, or of any other server, had before. */
  readonly newStamp: () => string;
}

/**
 * What a proxy has of one epoch of its mother's log: the cache, the delta server over the rows received since it was loaded, and
 * the holes among these (protocol: proxies). Its methods change it one at a time; edges are served meanwhile.
 */
export class ProxyState {
  readonly delta: DeltaServer;
  readonly spans = new Spans();
  readonly #epoch: string;
  readonly #log: ProxyLog;
  readonly #cache: Cache;
  readonly #schemas: SchemaRegistry;

  /** Makes a state out of a load. Rejects as `readEntities` does. */
  static async of(load: MotherLoad, parts: ProxyStateParts): Promise<ProxyState> {
    const { sequence } = load.head;
    const cache = new Cache(parts.random);
    await readEntities(load, parts.schemas, (entity) => void cache.apply(entity, sequence));
    return new ProxyState(load.head, cache, parts);
  }

  private constructor({ epoch, sequence }: Position, cache: Cache, parts: ProxyStateParts) {
    this.#epoch = epoch;
    this.#cache = cache;
    this.#schemas = parts.schemas;
    this.#log = new ProxyLog(epoch, sequence);
    const { newStamp, ...rest } = parts;
    this.delta = new DeltaServer({
      ...rest,
      cache,
      log: this.#log,
      commands: (executor) => new LocalCommands(executor, parts.clock, () => this.delta.sequence),
      newStamp,
      bounds: { epoch, firstSequence: sequence + 1, lastSequence: sequence },
    });
    this.delta.start();
  }

  /** Up to where everything that the mother gave has entered. */
  get position(): Position {
    return { epoch: this.#epoch, sequence: this.delta.sequence };
  }

  /** Enters what a mother gave; resolves when it is what edges are given. */
  async enter({ rows, spans, sequence }: Pick<MotherBatch, "rows" | "spans" | "sequence">): Promise<void> {
    for (const span of spans) this.spans.add(span);
    this.#log.push(rows, sequence);
    await this.delta.catchUp();
  }

  /**
   * Enters a PartialLoad: the rows that were owed, then the entities that the wider slice adds, which nobody here has asked for yet.
   * Where it fails, `narrow` takes away what had come of them.
   */
  async widen(load: MotherLoad): Promise<void> {
    const { frames, head } = load;
    const received = new ReceivedRows(this.delta.sequence);
    while (received.take(await frames.peek())) await frames.next();
    const { rows, spans } = received;
    await this.enter({ rows, spans, sequence: head.sequence });
    await readEntities(load, this.#schemas, (entity) => void this.#cache.apply(entity, head.sequence));
  }

  /**
   * Enters a FullLoad of the same epoch that replaces the part of the stream since the position: what it changes becomes one row.
   * Rejects with Limit where that is too much for one; nothing has changed then.
   */
  async replace(load: MotherLoad): Promise<void> {
    const { sequence } = load.head;
    const from = this.delta.sequence;
    const difference = new LoadDifference(this.#cache);
    await readEntities(load, this.#schemas, (entity) => difference.take(entity));
    const [deltaBuffer, ...more] = difference.finish();
    const rows = deltaBuffer === undefined ? [] : [{ sequence, deltaBuffer, more }];
    await this.enter({ rows, spans: [{ from, to: sequence }], sequence });
  }

  /** Takes away what a slice does not select. Registered edges that had any of it have to register again. */
  narrow(sliceText: string): void {
    const slice = parseSubscription(sliceText);
    if (slice === everything) return;
    const { registered } = this.delta;
    const techId = new Uint8Array(16);
    this.#cache.selectSlots(everything).forEach((slot) => {
      if (slice.selectsHeld(topicsHeld(this.#cache.topicsOfList(this.#cache.topicsListOf(slot))))) return;
      this.#cache.writeTechId(slot, techId, 0);
      this.#cache.remove(slot);
      for (const clientId of registered.holdersOf(techId, 0)) this.delta.endHere(clientId);
    });
  }

  /** Throws SequenceTooOld where there is a hole behind a position. */
  checkReachesBackTo(position: number, since: number): void {
    if (position >= since && this.spans.reachBackTo(position)) return;
    throw new SequenceTooOldError(
      `this proxy cannot go on from position ${position}: it received what follows as one load`,
    );
  }

  /** Tells whoever reads that it is over. */
  stop(): void {
    this.delta.stop();
  }
}

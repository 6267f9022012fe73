import { type Clock, systemClock } from "../base/clock.js";
import { LiveDistError } from "../base/errors.js";
import { type Random, systemRandom } from "../base/random.js";
import type { DeltaClass } from "../delta/delta-class.js";
import type { IHttpClient } from "../plugs/http-client.js";
import { parseTopicsSlice, type TopicsSlice } from "../topics/topics-slice.js";
import type { Position, Tracking } from "../wire/requests.js";
import { Backoff } from "./backoff.js";
import type { DeltaBatch } from "./delta-batch.js";
import { DeltaSource, FETCH_WAIT_MS } from "./delta-source.js";
import type { CallOptions, DeltasOptions, EdgeOptions, FetchOptions } from "./edge-options.js";
import { KnownSchemas } from "./known-schemas.js";
import type { Load } from "./load.js";
import { LoadSource } from "./load-source.js";
import { type Operation, Operations } from "./operations.js";
import { passes } from "./passes.js";
import { RegistrationCalls } from "./registration-calls.js";
import { Session } from "./session.js";
import { Standing } from "./standing.js";
import { readSyncLoadArguments, type Since } from "./sync-load-arguments.js";
import { packTechIds, type TechIds } from "./tech-ids.js";

/** Names an entity and its class. */
export interface TypedId {
  readonly deltaClass: DeltaClass;
  readonly techId: string;
}

/**
 * A client's end of the protocol (guide §2.1.4): loads what a topics-slice selects, then follows what changes. Works in Node
 * and in browsers. It does one operation at a time: a call while another runs rejects with Request, one after `close` with
 * Closed. Errors that the server answers come in their own classes.
 */
export class Edge {
  readonly tracking: Tracking;
  readonly #client: IHttpClient;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #operations = new Operations();
  readonly #standing: Standing;
  readonly #loads: LoadSource;
  readonly #registration: RegistrationCalls;
  readonly #source: DeltaSource;

  constructor(client: IHttpClient, options: EdgeOptions = {}) {
    this.tracking = options.tracking ?? "transition";
    this.#client = client;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    this.#standing = new Standing(new Session(client, this.tracking, options.siteEpoch));
    const schemas = new KnownSchemas(client, options.schema, options.siteEpoch !== undefined);
    this.#loads = new LoadSource(client, schemas, this.#standing);
    this.#registration = new RegistrationCalls(client, this.#standing);
    this.#source = new DeltaSource(client, schemas, this.#standing);
  }

  /** The sequence-number up to which everything was given out; 0 before a load. */
  get sequence(): number {
    return this.#standing.subscription?.position.sequence ?? 0;
  }

  /** Where this Edge stands: plain data, to be stored with what was received. Undefined before a load. */
  get position(): Position | undefined {
    return this.#standing.subscription?.position;
  }

  /** The text of the slice that was loaded last; undefined before a load. */
  get topicsSlice(): string | undefined {
    return this.#standing.subscription?.topicsSlice;
  }

  /** Whether the last answer came over links that were up all the way to the center (guide §8). */
  get connectedToCenter(): boolean {
    return this.#standing.connectedToCenter;
  }

  get isClosed(): boolean {
    return this.#operations.isClosed;
  }

  /**
   * Subscribes to a slice and loads what it selects (guide §2.2). A registered client is then registered on exactly these
   * entities. Rejects with TopicsSliceError, PermissionError, Network, and what else the server answers; the subscription is
   * then as it was.
   */
  async fullLoad(slice: string | TopicsSlice, options: CallOptions = {}): Promise<Load> {
    const topicsSlice = textOf(slice);
    return this.#load("fullLoad", options, (operation) => this.#loads.fullLoad(topicsSlice, operation));
  }

  /**
   * Changes the subscription (guide §2.3): the load brings the deltas still owed under the slice in force, then what the new
   * slice adds. What the new slice does not select any more is not told: find it with `selectMinus`, or among what is held,
   * and, if registered, call `unregisterEntities`. Rejects with Request before a load, with NotRegisteredError,
   * SequenceTooOldError, EpochChanged, TopicsSliceError, Network, and what else the server answers. Slice and position are then as
   * they were; a registered client whose PartialLoad was not answered to its end does not know which slice is in force, and
   * calls `syncLoad` with its tech-ids, the old slice and the position.
   */
  async partialLoad(newSlice: string | TopicsSlice, options: CallOptions = {}): Promise<Load> {
    const topicsSlice = textOf(newSlice);
    return this.#load("partialLoad", options, (operation) => this.#loads.partialLoad(topicsSlice, operation));
  }

  /**
   * Loads what has changed since a position, selected by the slice or registered (guide §2.4). A position of an earlier epoch
   * stands for the beginning. With a Date it loads what has an UpdateTime then or later, for clients without a position: that
   * can miss what was written elsewhere before and arrived after. It tells neither what was deleted since nor what a client in
   * transition mode has to remove. Rejects with NotRegisteredError where the server does not know the client's registration, and as `fullLoad` does.
   */
  async syncLoad(slice: string | TopicsSlice, since: Position | Date, options?: CallOptions): Promise<Load>;
  /**
   * Registers a client on the entities that it holds, and on no others, and loads what it misses (guide §2.4): what is
   * selected or named and has changed since, what is selected and not named, and what it may have missed because of a `!T`.
   * `gone` says which ones to remove. Where `since` is undefined, everything selected or named. Goes on from any position.
   * Rejects with Request where a tech-id is no GUID, with Limit above TECH_IDS_MAX of them, and as `fullLoad` does.
   */
  async syncLoad(techIds: TechIds, slice: string | TopicsSlice, since?: Since, options?: CallOptions): Promise<Load>;
  async syncLoad(...given: unknown[]): Promise<Load> {
    const { techIds, slice, since, options } = readSyncLoadArguments(given);
    const topicsSlice = textOf(slice);
    return this.#load("syncLoad", options, async (operation) => {
      const packed = techIds && (await packTechIds(techIds));
      return this.#loads.syncLoad(topicsSlice, since, packed, operation);
    });
  }

  /**
   * Loads entities by name (guide §2.6): those that this client found that it lacks, being given changes of what it does not
   * hold. A registered client is given, and is registered on, what its slice does not veto, selected or not; another what its
   * slice selects as in loads. `gone` names the rest. Slice and position stay as they are; once the load was read to its end,
   * deltas of what it brought are left out up to `load.sequence`. Who stores a copy stores it with a position at or behind that,
   * or merges by field versions. Where it was not answered to its end, call it again, or `syncLoad` with tech-ids. Rejects with
   * Request before a load or where a tech-id is no GUID, with Limit above TECH_IDS_MAX of them, and as `partialLoad` does.
   */
  async loadEntities(techIds: TechIds, options: CallOptions = {}): Promise<Load> {
    return this.#load("loadEntities", options, async (operation) =>
      this.#loads.loadEntities(await packTechIds(techIds), operation),
    );
  }

  /**
   * Subscribes to a slice and goes on from a position stored earlier, without a load (guide §2.5). Rejects with
   * NotRegisteredError where the server does not know this registered client's registration for this slice and position, with
   * SequenceTooOldError and EpochChanged where the log does not go on from there, and with what else the server answers.
   */
  async skipLoad(slice: string | TopicsSlice, position: Position, options: CallOptions = {}): Promise<void> {
    const topicsSlice = textOf(slice);
    return this.#call("skipLoad", options, (signal) => this.#registration.skipLoad(topicsSlice, position, signal));
  }

  /**
   * Gives the entities that one slice selects and another does not, as the server holds them now (guide §2.3). Needs no load
   * before it and changes nothing. Rejects with TopicsSliceError, with Limit where the answer is above RECEIVED_BYTES_MAX, and
   * with what else the server answers.
   */
  async selectMinus(
    oldSlice: string | TopicsSlice,
    newSlice: string | TopicsSlice,
    options: CallOptions = {},
  ): Promise<TypedId[]> {
    const [oldText, newText] = [textOf(oldSlice), textOf(newSlice)];
    return this.#call("selectMinus", options, async (signal) => {
      const minus = await this.#loads.selectMinus(oldText, newText, signal);
      return minus.map(({ deltaClass, techId }) => ({ deltaClass, techId }));
    });
  }

  /**
   * Says on which entities this registered client is registered (guide §2.4, §2.5): `syncLoad` with the slice and position in
   * force. The next batch brings the answer: whole entities to be put over what is held, and `gone`, which are to be removed;
   * with it the position moves. The answer is held in memory until then, RECEIVED_BYTES_MAX bytes at most (Limit). Rejects as
   * `syncLoad` does, and with Request in another mode or before a load.
   */
  async registerEntities(techIds: TechIds, options: CallOptions = {}): Promise<void> {
    return this.#call("registerEntities", options, async (signal) => {
      this.#checkRegistered("registerEntities");
      const packed = await packTechIds(techIds);
      this.#standing.keepRegistered(await this.#loads.registerEntities(packed, signal));
    });
  }

  /**
   * Says that this registered client does not hold entities any more (guide §2.3, §2.5); `sequence` is its position. Gives the
   * sequence-number at which that took effect: what the server gives of these entities up to there is skipped, and where the
   * slice still selects one, it comes back as FULL. Call it again where it was not answered (Network). Rejects with
   * NotRegisteredError, Limit above TECH_IDS_MAX tech-ids, Request in another mode, before a load or for what is no GUID,
   * and with what else the server answers.
   */
  async unregisterEntities(techIds: TechIds, sequence: number, options: CallOptions = {}): Promise<number> {
    return this.#call("unregisterEntities", options, async (signal) => {
      this.#checkRegistered("unregisterEntities");
      return this.#registration.unregisterEntities(await packTechIds(techIds), sequence, signal);
    });
  }

  /**
   * Fetches what came after the position and moves the position (guide §2.5). Waits for it up to `waitMsMax`; the batch may
   * then be empty. Does not reject while servers cannot be reached: it tries again within the time, and then gives an empty
   * batch, with `connectedToCenter` false. Rejects with SequenceTooOldError, EpochChanged, NotRegisteredError,
   * ClientDisabledError and what else the server answers.
   */
  async fetchDeltas({ waitMsMax = FETCH_WAIT_MS, signal }: FetchOptions = {}): Promise<DeltaBatch> {
    if (!(waitMsMax >= 0)) throw new LiveDistError("Request", "waitMsMax must be a number of milliseconds, 0 or more");
    const operation = this.#operations.begin("fetchDeltas", signal);
    const backoff = new Backoff(this.#clock, this.#random);
    const endMs = this.#clock.now() + waitMsMax;
    try {
      for (;;) {
        const leftMs = Math.max(0, endMs - this.#clock.now());
        const batch = await this.#tryFetch(leftMs, operation.signal);
        if (batch) return batch;
        if (leftMs === 0) return this.#emptyBatch();
        await backoff.wait(operation.signal, leftMs);
      }
    } catch (error) {
      if (signal?.aborted) return this.#emptyBatch();
      throw error;
    } finally {
      operation.end();
    }
  }

  /**
   * Gives the batches from the position on, as they come, without end: over a stream where the client has one, otherwise by
   * long polls. The position moves as a batch is given; asking for the next one acknowledges it, ending the loop closes the
   * connection. Connects again by itself where the connection breaks. Rejects as `fetchDeltas` does.
   */
  async *deltas(options: DeltasOptions = {}): AsyncGenerator<DeltaBatch, void, undefined> {
    const { signal, reconnect = true, emptyBatches = false } = options;
    const operation = this.#operations.begin("deltas", signal);
    const backoff = new Backoff(this.#clock, this.#random);
    try {
      for (;;) {
        try {
          for await (const batch of this.#source.connect(operation.signal)) {
            backoff.reset();
            if (emptyBatches || batch.deltas.length + batch.gone.length > 0) yield given(batch);
          }
        } catch (error) {
          if (signal?.aborted) return;
          if (!reconnect || operation.signal.aborted || !passes(error)) throw error;
        }
        await backoff.wait(operation.signal);
      }
    } finally {
      operation.end();
    }
  }

  /** Ends what runs and refuses what comes; frees what the client holds. */
  async close(): Promise<void> {
    if (this.#operations.isClosed) return;
    this.#operations.close();
    this.#standing.connectedToCenter = false;
    await this.#client.close?.();
  }

  /** Fetches once; undefined where the server could not be reached. */
  async #tryFetch(waitMsMax: number, signal: AbortSignal): Promise<DeltaBatch | undefined> {
    try {
      return given(await this.#source.fetch(waitMsMax, signal));
    } catch (error) {
      if (signal.aborted || !passes(error)) throw error;
      return undefined;
    }
  }

  /** Begins a load; the operation lasts until the load was read. */
  async #load(name: string, { signal }: CallOptions, open: (operation: Operation) => Promise<Load>): Promise<Load> {
    const operation = this.#operations.begin(name, signal);
    try {
      return await open(operation);
    } catch (error) {
      const noticed = this.#standing.noticed(error, operation.signal);
      operation.end();
      throw noticed;
    }
  }

  /** Makes a call that is over when it was answered. */
  async #call<T>(name: string, { signal }: CallOptions, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const operation = this.#operations.begin(name, signal);
    try {
      return await work(operation.signal);
    } catch (error) {
      throw this.#standing.noticed(error, operation.signal);
    } finally {
      operation.end();
    }
  }

  #checkRegistered(name: string): void {
    if (this.tracking !== "registration")
      throw new LiveDistError("Request", `${name} is for clients with the tracking "registration"`);
  }

  #emptyBatch(): DeltaBatch {
    return { sequence: this.sequence, deltas: [], gone: [] };
  }
}

function textOf(slice: string | TopicsSlice): string {
  return typeof slice === "string" ? parseTopicsSlice(slice).text : slice.text;
}

/** Gives of a batch what is the application's business. */
function given({ sequence, deltas, gone, traces }: DeltaBatch): DeltaBatch {
  return { sequence, deltas, gone, ...(traces && { traces }) };
}

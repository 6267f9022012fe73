import { type Clock, systemClock } from "../base/clock.js";
import { LiveDistError } from "../base/errors.js";
import { type Random, systemRandom } from "../base/random.js";
import type { Schema } from "../delta/schema.js";
import type { IHttpClient } from "../plugs/http-client.js";
import { parseTopicsSlice, type TopicsSlice } from "../topics/topics-slice.js";
import type { Position, Tracking } from "../wire/requests.js";
import { abortable } from "./abortable.js";
import { AnswerFrames } from "./answer-frames.js";
import { Backoff } from "./backoff.js";
import type { DeltaBatch } from "./delta-batch.js";
import { DeltaSource, FETCH_WAIT_MS } from "./delta-source.js";
import { KnownSchemas } from "./known-schemas.js";
import { FramesLoad, type Load } from "./load.js";
import { Operations } from "./operations.js";
import { passes } from "./passes.js";
import { Standing } from "./standing.js";

export interface EdgeOptions {
  /** The application's schema; without one, delta-objects come in the classes of the server's. */
  readonly schema?: Schema;
  /** How the server follows this client (guide §2.1.3.1). */
  readonly tracking?: Tracking;
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface CallOptions {
  /** Ends the call: it rejects with Closed. */
  readonly signal?: AbortSignal;
}

export interface FetchOptions {
  /** Milliseconds to wait for the first delta-object; WAIT_MS_MAX is the most. */
  readonly waitMsMax?: number;
  /** Ends the wait: the batch is then empty. */
  readonly signal?: AbortSignal;
}

export interface DeltasOptions {
  /** Ends the iterator. */
  readonly signal?: AbortSignal;
  /** Whether to connect again by itself; otherwise the iterator rejects with Network or Closed. Default: true. */
  readonly reconnect?: boolean;
  /** Whether to give also the batches that only move the position. Default: false. */
  readonly emptyBatches?: boolean;
}

/**
 * A client's end of the protocol (guide §2.1.4): loads what a topics-slice selects, then follows what changes. Works in Node
 * and in browsers. It does one operation at a time: a call while another runs rejects with Request, one after `close` with
 * Closed. Errors that the server answers come in their own classes.
 */
export class Edge {
  readonly tracking: Tracking;
  readonly #client: IHttpClient;
  readonly #schemas: KnownSchemas;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #operations = new Operations();
  readonly #standing = new Standing();
  readonly #source: DeltaSource;

  constructor(client: IHttpClient, options: EdgeOptions = {}) {
    this.tracking = options.tracking ?? "transition";
    this.#client = client;
    this.#schemas = new KnownSchemas(client, options.schema);
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    this.#source = new DeltaSource(client, this.tracking, this.#schemas, this.#standing);
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
   * Subscribes to a slice and loads what it selects (guide §2.2). Rejects with TopicsSliceError, PermissionError, Network,
   * and what else the server answers; the subscription is then as it was.
   */
  async fullLoad(slice: string | TopicsSlice, options: CallOptions = {}): Promise<Load> {
    const topicsSlice = textOf(slice);
    const operation = this.#operations.begin("fullLoad", options.signal);
    const { signal } = operation;
    try {
      const request = { service: "FullLoad", ...this.#caller(topicsSlice) } as const;
      const frames = new AnswerFrames(await abortable(this.#client.frames(request, signal), signal), signal);
      const head = await frames.head();
      this.#standing.connectedToCenter = head.connectedToCenter;
      const finished = (): void => this.#standing.subscribe(topicsSlice, head);
      const noticed = (error: unknown): unknown => this.#standing.noticed(error, signal);
      return new FramesLoad(head, { frames, schemas: this.#schemas, operation, finished, noticed });
    } catch (error) {
      const noticed = this.#standing.noticed(error, signal);
      operation.end();
      throw noticed;
    }
  }

  /**
   * Subscribes to a slice and goes on from a position stored earlier, without a load (guide §2.5). Rejects with
   * SequenceTooOldError and EpochChanged where that is no longer possible, and with what else the server answers.
   */
  async skipLoad(slice: string | TopicsSlice, position: Position, options: CallOptions = {}): Promise<void> {
    const topicsSlice = textOf(slice);
    const operation = this.#operations.begin("skipLoad", options.signal);
    try {
      const request = { service: "SkipLoad", ...this.#caller(topicsSlice), position } as const;
      const answer = await abortable(this.#client.json(request, operation.signal), operation.signal);
      this.#standing.subscribe(topicsSlice, readPosition(answer));
    } catch (error) {
      throw this.#standing.noticed(error, operation.signal);
    } finally {
      operation.end();
    }
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
        if (batch) return { sequence: batch.sequence, deltas: batch.deltas };
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
          for await (const { sequence, deltas } of this.#source.connect(operation.signal)) {
            backoff.reset();
            if (emptyBatches || deltas.length > 0) yield { sequence, deltas };
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
      return await this.#source.fetch(waitMsMax, signal);
    } catch (error) {
      if (signal.aborted || !passes(error)) throw error;
      return undefined;
    }
  }

  #caller(topicsSlice: string): { clientId: string; tracking: Tracking; topicsSlice: string } {
    return { clientId: this.#client.clientId, tracking: this.tracking, topicsSlice };
  }

  #emptyBatch(): DeltaBatch {
    return { sequence: this.sequence, deltas: [] };
  }
}

function textOf(slice: string | TopicsSlice): string {
  return typeof slice === "string" ? parseTopicsSlice(slice).text : slice.text;
}

function readPosition({ position }: Record<string, unknown>): Position {
  const { epoch, sequence } = (position ?? {}) as Partial<Position>;
  if (typeof epoch !== "string" || !Number.isSafeInteger(sequence)) {
    throw new LiveDistError("Request", "SkipLoad was not answered with a position");
  }
  return { epoch, sequence: sequence! };
}

import { LiveDistError } from "../base/errors.js";
import { WAIT_MS_MAX } from "../base/limits.js";
import type { IHttpClient } from "../plugs/http-client.js";
import type { Head } from "../wire/frames.js";
import type { FetchDeltasRequest } from "../wire/requests.js";
import { abortable } from "./abortable.js";
import { AnswerFrames } from "./answer-frames.js";
import { readBatch } from "./delta-batch.js";
import type { KnownSchemas } from "./known-schemas.js";
import { checkEpoch, type ReceivedBatch, type Standing, type Subscription } from "./standing.js";

/** Milliseconds that a fetch waits on the server where the caller does not say. */
export const FETCH_WAIT_MS = 30_000;
/** Milliseconds after which the server of an idle stream tells its position, which shows that the connection is alive. */
export const STREAM_IDLE_MS = 15_000;

/** Brings the batches that follow the position, each of which moves it. Nothing is tried twice here. */
export class DeltaSource {
  readonly #client: IHttpClient;
  readonly #schemas: KnownSchemas;
  readonly #standing: Standing;

  constructor(client: IHttpClient, schemas: KnownSchemas, standing: Standing) {
    this.#client = client;
    this.#schemas = schemas;
    this.#standing = standing;
  }

  /** Gives batches without end, over a stream where the client has one. Closes the connection when the iterator is ended. */
  async *connect(signal: AbortSignal): AsyncGenerator<ReceivedBatch, void, undefined> {
    const registered = this.#standing.takeRegistered();
    if (registered) yield registered;
    if (this.#client.stream) yield* this.#stream(signal);
    else for (;;) yield await this.fetch(FETCH_WAIT_MS, signal);
  }

  /** Gives the next batch, which is empty where nothing came within the time. */
  async fetch(waitMsMax: number, signal: AbortSignal): Promise<ReceivedBatch> {
    const registered = this.#standing.takeRegistered();
    if (registered) return registered;
    const subscription = this.#standing.subscribed;
    try {
      const request = await this.#request(subscription, Math.min(waitMsMax, WAIT_MS_MAX), signal);
      const frames = new AnswerFrames(await abortable(this.#client.frames(request, signal), signal), signal);
      try {
        this.#begin(await frames.head(), subscription);
        const batch = await this.#next(frames, subscription, signal);
        await frames.finish();
        this.#standing.accept(subscription, batch);
        return batch;
      } finally {
        frames.cancel();
      }
    } catch (error) {
      throw this.#standing.noticed(error, signal);
    }
  }

  async *#stream(signal: AbortSignal): AsyncGenerator<ReceivedBatch, void, undefined> {
    const subscription = this.#standing.subscribed;
    try {
      const request = await this.#request(subscription, STREAM_IDLE_MS, signal);
      const stream = await abortable(this.#client.stream!(request, signal), signal, (late) => late.close());
      try {
        const frames = new AnswerFrames(stream, signal);
        this.#begin(await frames.head(), subscription);
        for (;;) {
          const current = this.#standing.subscribed;
          const batch = await this.#next(frames, current, signal);
          this.#standing.accept(current, batch);
          yield batch;
          stream.acknowledge(batch.sequence);
        }
      } finally {
        stream.close();
      }
    } catch (error) {
      throw this.#standing.noticed(error, signal);
    }
  }

  async #next(
    frames: AnswerFrames,
    { position: { sequence } }: Subscription,
    signal: AbortSignal,
  ): Promise<ReceivedBatch> {
    const batch = await readBatch(frames, sequence, this.#schemas, signal);
    return { ...batch, deltas: this.#standing.skips.filter(batch.deltas, sequence) };
  }

  /** Checks that an answer goes on where the client stands. Throws EpochChanged, or Request where there would be a gap. */
  #begin(head: Head, { position }: Subscription): void {
    checkEpoch(head, position);
    if (head.sequence !== position.sequence) {
      throw new LiveDistError("Request", `the deltas go on from ${head.sequence}, not from ${position.sequence}`);
    }
    this.#standing.connectedToCenter = head.connectedToCenter;
  }

  async #request(
    { topicsSlice, position }: Subscription,
    waitMsMax: number,
    signal: AbortSignal,
  ): Promise<FetchDeltasRequest> {
    const caller = await this.#standing.session.caller(topicsSlice, signal);
    return { service: "FetchDeltas", ...caller, position, waitMsMax };
  }
}

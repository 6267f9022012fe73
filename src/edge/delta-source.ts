import { LiveDistError } from "../base/errors.js";
import { WAIT_MS_MAX } from "../base/limits.js";
import type { IHttpClient } from "../plugs/http-client.js";
import type { Head } from "../wire/frames.js";
import type { FetchDeltasRequest, Tracking } from "../wire/requests.js";
import { abortable } from "./abortable.js";
import { AnswerFrames } from "./answer-frames.js";
import { readBatch } from "./delta-batch.js";
import type { KnownSchemas } from "./known-schemas.js";
import type { ReceivedBatch, Standing, Subscription } from "./standing.js";

/** Milliseconds that a fetch waits on the server where the caller does not say. */
export const FETCH_WAIT_MS = 30_000;
/** Milliseconds after which the server of an idle stream tells its position, which shows that the connection is alive. */
export const STREAM_IDLE_MS = 15_000;

/** Brings the batches that follow the position, each of which moves it. Nothing is tried twice here. */
export class DeltaSource {
  readonly #client: IHttpClient;
  readonly #tracking: Tracking;
  readonly #schemas: KnownSchemas;
  readonly #standing: Standing;

  constructor(client: IHttpClient, tracking: Tracking, schemas: KnownSchemas, standing: Standing) {
    this.#client = client;
    this.#tracking = tracking;
    this.#schemas = schemas;
    this.#standing = standing;
  }

  /** Gives batches without end, over a stream where the client has one. Closes the connection when the iterator is ended. */
  connect(signal: AbortSignal): AsyncGenerator<ReceivedBatch, void, undefined> {
    return this.#client.stream ? this.#stream(signal) : this.#poll(signal);
  }

  /** Gives the next batch, which is empty where nothing came within the time. */
  async fetch(waitMsMax: number, signal: AbortSignal): Promise<ReceivedBatch> {
    const subscription = this.#subscription();
    const request = this.#request(subscription, Math.min(waitMsMax, WAIT_MS_MAX));
    try {
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

  async *#poll(signal: AbortSignal): AsyncGenerator<ReceivedBatch, void, undefined> {
    for (;;) yield await this.fetch(FETCH_WAIT_MS, signal);
  }

  async *#stream(signal: AbortSignal): AsyncGenerator<ReceivedBatch, void, undefined> {
    const subscription = this.#subscription();
    const request = this.#request(subscription, STREAM_IDLE_MS);
    try {
      const stream = await abortable(this.#client.stream!(request, signal), signal, (late) => late.close());
      try {
        const frames = new AnswerFrames(stream, signal);
        this.#begin(await frames.head(), subscription);
        for (;;) {
          const batch = await this.#next(frames, this.#subscription(), signal);
          this.#standing.accept(subscription, batch);
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

  #next(frames: AnswerFrames, { position }: Subscription, signal: AbortSignal): Promise<ReceivedBatch> {
    return readBatch(frames, position.sequence, this.#schemas, signal);
  }

  /** Checks that an answer goes on where the client stands. Throws EpochChanged, or Request where there would be a gap. */
  #begin({ epoch, sequence, connectedToCenter }: Head, { position }: Subscription): void {
    if (epoch !== position.epoch) {
      throw new LiveDistError("EpochChanged", `the server's epoch is ${epoch}, the position's ${position.epoch}`);
    }
    if (sequence !== position.sequence) {
      throw new LiveDistError("Request", `the deltas go on from ${sequence}, not from ${position.sequence}`);
    }
    this.#standing.connectedToCenter = connectedToCenter;
  }

  #subscription(): Subscription {
    const { subscription } = this.#standing;
    if (!subscription) throw new LiveDistError("Request", "there is no position yet: call fullLoad or skipLoad first");
    return subscription;
  }

  #request({ topicsSlice, position }: Subscription, waitMsMax: number): FetchDeltasRequest {
    const { clientId } = this.#client;
    return { service: "FetchDeltas", clientId, tracking: this.#tracking, topicsSlice, position, waitMsMax };
  }
}

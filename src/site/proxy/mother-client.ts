import { LiveDistError } from "../../base/errors.js";
import { abortable } from "../../edge/abortable.js";
import { AnswerFrames } from "../../edge/answer-frames.js";
import type { IHttpClient } from "../../plugs/http-client.js";
import type { ClientRow } from "../../store/store.js";
import type { Head } from "../../wire/frames.js";
import type { Position, Request } from "../../wire/requests.js";
import { type MotherBatch, readMotherBatch } from "./mother-batch.js";

/** Milliseconds after which a mother says that she is there, where there is nothing else to say. */
const IDLE_MS = 1_000;

/** A load of the mother: its HEAD, and the frames behind it. */
export interface MotherLoad {
  readonly head: Head;
  /** Has to be read to its END, or cancelled. */
  readonly frames: AnswerFrames;
}

/** Makes the calls of a proxy to its mother, as a client in mode `transition` (guide §8.1). Nothing is tried twice here. */
export class MotherClient {
  readonly #client: IHttpClient;

  constructor(client: IHttpClient) {
    this.#client = client;
  }

  fullLoad(topicsSlice: string, signal: AbortSignal): Promise<MotherLoad> {
    return this.#load({ service: "FullLoad", ...this.#caller(topicsSlice) }, signal);
  }

  /** Asks for what is owed under a slice, and for what a wider one adds. */
  partialLoad(
    topicsSlice: string,
    position: Position,
    newTopicsSlice: string,
    signal: AbortSignal,
  ): Promise<MotherLoad> {
    const request = { service: "PartialLoad", ...this.#caller(topicsSlice), position, newTopicsSlice } as const;
    return this.#load(request, signal);
  }

  /**
   * Gives batches from a position on, without end, at least one each IDLE_MS. Each is acknowledged when the next is asked for. The
   * connection is closed when the iterator ends. `begun` is called with the HEAD, before the first batch.
   */
  async *follow(
    topicsSlice: string,
    position: Position,
    signal: AbortSignal,
    begun: (head: Head) => void,
  ): AsyncGenerator<MotherBatch, void, undefined> {
    if (!this.#client.stream) throw new LiveDistError("Config", "a proxy needs a client that streams");
    const request = { service: "FetchDeltas", ...this.#caller(topicsSlice), position, waitMsMax: IDLE_MS } as const;
    const stream = await abortable(this.#client.stream(request, signal), signal, (late) => late.close());
    try {
      const frames = new AnswerFrames(stream, signal);
      const head = await frames.head();
      checkHead(head, position);
      begun(head);
      for (let { sequence } = position; ;) {
        const batch = await readMotherBatch(frames, sequence);
        yield batch;
        ({ sequence } = batch);
        stream.acknowledge(sequence);
      }
    } finally {
      stream.close();
    }
  }

  async schemaText(schemaName: string): Promise<string | undefined> {
    const { clientId } = this.#client;
    const { schemaText } = await this.#client.json({ service: "ReadSchema", clientId, schemaName });
    if (typeof schemaText !== "string") throw malformed("ReadSchema");
    return schemaText;
  }

  /** Gives the mother's LiveDistClients. */
  async clients(): Promise<ClientRow[]> {
    const { clientId } = this.#client;
    const { clients } = await this.#client.json({ service: "ReadClients", clientId });
    if (!Array.isArray(clients) || !clients.every(isClientRow)) throw malformed("ReadClients");
    return clients;
  }

  async #load(request: Request, signal: AbortSignal): Promise<MotherLoad> {
    const frames = new AnswerFrames(await abortable(this.#client.frames(request, signal), signal), signal);
    const head = await frames.head();
    if (head.count !== undefined) return { head, frames };
    frames.cancel();
    throw malformed(request.service);
  }

  #caller(topicsSlice: string): { clientId: string; tracking: "transition"; topicsSlice: string } {
    return { clientId: this.#client.clientId, tracking: "transition", topicsSlice };
  }
}

function checkHead({ epoch, sequence }: Head, position: Position): void {
  if (epoch !== position.epoch) {
    throw new LiveDistError("EpochChanged", `the mother's epoch is ${epoch}, the position's ${position.epoch}`);
  }
  if (sequence !== position.sequence) throw malformed("FetchDeltas");
}

function isClientRow(value: unknown): value is ClientRow {
  const { clientId, bitNumber, isDisabled } = (value ?? {}) as Partial<ClientRow>;
  return typeof clientId === "string" && Number.isInteger(bitNumber) && typeof isDisabled === "boolean";
}

function malformed(service: string): LiveDistError {
  return new LiveDistError(
    "Request",
    `${service} was not answered as the protocol says: is the mother a LiveDist server?`,
  );
}

import { decodeDeltaBuffer } from "../../src/delta/delta-buffer.js";
import type { HttpStream, IHttpClient } from "../../src/plugs/http-client.js";
import { FrameReader } from "../../src/wire/frames.js";
import type { Request } from "../../src/wire/requests.js";
import { schema } from "./things.js";
import type { Delivery, Witness } from "./witness.js";

/** Lets a witness read what arrives at a client. */
export class ObservedClient implements IHttpClient {
  readonly clientId: string;
  readonly stream?: (request: Request, signal?: AbortSignal) => Promise<HttpStream>;
  readonly #client: IHttpClient;
  readonly #witness: Witness;
  readonly #delivery: Delivery;

  constructor(client: IHttpClient, witness: Witness, delivery: Delivery) {
    this.clientId = client.clientId;
    this.#client = client;
    this.#witness = witness;
    this.#delivery = delivery;
    if (client.stream) this.stream = (request, signal) => this.#stream(request, signal);
  }

  async frames(request: Request, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    return this.#observed(await this.#client.frames(request, signal), request);
  }

  json(request: Request, signal?: AbortSignal): Promise<Record<string, unknown>> {
    return this.#client.json(request, signal);
  }

  async close(): Promise<void> {
    await this.#client.close?.();
  }

  async #stream(request: Request, signal?: AbortSignal): Promise<HttpStream> {
    const stream = await this.#client.stream!(request, signal);
    const observed = this.#observed(stream, request);
    return {
      [Symbol.asyncIterator]: () => observed,
      acknowledge: (sequence) => stream.acknowledge(sequence),
      close: () => stream.close(),
    };
  }

  async *#observed(bytes: AsyncIterable<Uint8Array>, { service }: Request): AsyncGenerator<Uint8Array> {
    const reader = new FrameReader();
    let epoch = "";
    for await (const piece of bytes) {
      for (const frame of service === "SelectMinus" ? [] : reader.push(piece.slice())) {
        if (frame.kind === "HEAD") epoch = frame.head.epoch;
        if (frame.kind === "ENTITIES")
          for (const { techId } of decodeDeltaBuffer(schema, frame.deltaBuffer))
            this.#witness.sentInFull(this.#delivery.line, techId);
        if (frame.kind === "ROW")
          for (const delta of decodeDeltaBuffer(schema, frame.deltaBuffer))
            this.#witness.delivered(this.#delivery, epoch, frame.sequence, delta);
      }
      yield piece;
    }
  }
}

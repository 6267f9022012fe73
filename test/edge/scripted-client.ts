import { LiveDistError } from "../../src/base/errors.js";
import type { HttpStream, IHttpClient } from "../../src/plugs/http-client.js";
import type { Request } from "../../src/wire/requests.js";

/** What a scripted client answers a request with: bytes in one or several pieces, or what it rejects with. */
export type FramesAnswer = Uint8Array | readonly Uint8Array[] | Error | AsyncIterable<Uint8Array>;
export type JsonAnswer = Record<string, unknown> | Error;

export function networkError(number = 0): LiveDistError {
  return new LiveDistError("Network", `scripted ${number}`);
}

/** Plays the answers that a test gives it, in order, and notes what was asked. Without an answer left, it never answers. */
export class ScriptedClient implements IHttpClient {
  readonly clientId = "c1";
  readonly requests: Request[] = [];
  readonly signals: AbortSignal[] = [];
  readonly framesAnswers: FramesAnswer[] = [];
  readonly jsonAnswers: JsonAnswer[] = [];
  readonly streams: (ScriptedStream | Error)[] = [];
  stream?: (request: Request, signal?: AbortSignal) => Promise<HttpStream>;
  closed = 0;

  constructor(transport: "stream" | "poll" = "poll") {
    if (transport === "stream") this.stream = (request, signal) => this.#note(request, signal, this.streams.shift());
  }

  get services(): string[] {
    return this.requests.map(({ service }) => service);
  }

  async frames(request: Request, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const answer = await this.#note(request, signal, this.framesAnswers.shift());
    if (answer instanceof Uint8Array) return pieces([answer]);
    return Symbol.asyncIterator in answer ? answer : pieces(answer);
  }

  json(request: Request, signal?: AbortSignal): Promise<Record<string, unknown>> {
    return this.#note(request, signal, this.jsonAnswers.shift());
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }

  #note<T extends object>(
    request: Request,
    signal: AbortSignal | undefined,
    answer: T | Error | undefined,
  ): Promise<T> {
    this.requests.push(request);
    if (signal) this.signals.push(signal);
    if (answer instanceof Error) return Promise.reject(answer);
    return answer === undefined ? new Promise(() => undefined) : Promise.resolve(answer);
  }
}

/** Gives bytes piece by piece. */
export async function* pieces(list: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const piece of list) {
    await Promise.resolve();
    yield piece;
  }
}

/** A stream that a test fills while it is read. */
export class ScriptedStream implements HttpStream {
  readonly log: string[] = [];
  #queue: Uint8Array[] = [];
  #end: Error | "end" | undefined;
  #wake: () => void = () => undefined;

  constructor(...bytes: Uint8Array[]) {
    this.#queue = bytes;
  }

  get isClosed(): boolean {
    return this.log.includes("close");
  }

  push(...bytes: Uint8Array[]): void {
    this.#queue.push(...bytes);
    this.#wake();
  }

  end(error: Error | "end" = "end"): void {
    this.#end = error;
    this.#wake();
  }

  acknowledge(sequence: number): void {
    this.log.push(`acknowledge ${sequence}`);
  }

  close(): void {
    this.log.push("close");
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      for (let piece = this.#queue.shift(); piece; piece = this.#queue.shift()) yield piece;
      if (this.#end instanceof Error) throw this.#end;
      if (this.#end === "end") return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

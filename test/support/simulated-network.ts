import { type Clock, sleep } from "../../src/base/clock.js";
import { codeOf, fromWireError, LiveDistError, toWireError } from "../../src/base/errors.js";
import { abortable } from "../../src/edge/abortable.js";
import type { HttpStream, IHttpClient } from "../../src/plugs/http-client.js";
import type { DeltaStream, LiveDistService } from "../../src/wire/live-dist-service.js";
import type { FetchDeltasRequest, Request } from "../../src/wire/requests.js";
import { nextBatch } from "../../src/wire/next-batch.js";
import { framesOf, isAnsweredInFrames, jsonOf, overTheWire } from "./call-service.js";
import type { Dice } from "./dice.js";

/** How badly a network behaves: probabilities per message. */
export interface Faults {
  readonly loseRequest: number;
  /** The server has worked, and nobody hears of it. */
  readonly loseResponse: number;
  /** The answer breaks off, in front of, behind or within a frame. */
  readonly cut: number;
  readonly delayMsMax: number;
  /** A request arrives once more, long after it was answered or given up. */
  readonly repeat: number;
}

/** Later than any request takes to arrive, so that what comes again is not what comes first. */
const LATE_MS_MIN = 3_000;
const lateMsMax = [5_000, 20_000, 120_000];

/** The way from one client to one server, where a run has several of both. */
export interface SimulatedLine {
  /** The client's own time, by which its messages travel. */
  readonly clock: Clock;
  /** Nothing passes. */
  readonly isCut: boolean;
  /** One of them aborts when what is under way is lost: the line was cut, or the client's process has ended. */
  readonly broken: readonly AbortSignal[];
}

/** A server that comes and goes, and the connections to it. */
export class SimulatedNetwork {
  readonly clock: Clock;
  faults: Faults;
  readonly #count: (what: string) => void;
  readonly #tell: (what: string) => void;
  #server: { readonly service: LiveDistService; readonly connections: AbortController } | undefined;

  constructor(clock: Clock, faults: Faults, count: (what: string) => void, tell: (what: string) => void) {
    this.clock = clock;
    this.faults = faults;
    this.#count = count;
    this.#tell = tell;
  }

  up(service: LiveDistService): void {
    this.#server = { service, connections: new AbortController() };
  }

  /** The server is gone, and its connections with it. */
  down(): void {
    this.#server?.connections.abort(broken());
    this.#server = undefined;
  }

  /** Brings a request to whatever server there is, later and for nobody. */
  async repeat(request: Request, lateMs: number): Promise<void> {
    await sleep(this.clock, lateMs);
    if (this.#server === undefined) return;
    this.#count(`repeated ${request.service}`);
    this.#tell(`repeated ${JSON.stringify({ ...request, techIds: undefined })}`);
    const { service, connections } = this.#server;
    try {
      if (isAnsweredInFrames(request)) {
        const pieces = (await framesOf(service, request, connections.signal))[Symbol.asyncIterator]();
        while (!(await pieces.next()).done);
      } else await jsonOf(service, request);
    } catch (error) {
      this.#count(`repeated: ${codeOf(error)}`);
    }
  }

  /** Gives the server to a request that arrives now. Throws Network where there is none. */
  arrive(): { readonly service: LiveDistService; readonly connections: AbortController } {
    if (this.#server === undefined) throw new LiveDistError("Network", "the server is down");
    return this.#server;
  }
}

/** Carries the requests of one client over a SimulatedNetwork, and loses some of them. */
export class SimulatedClient implements IHttpClient {
  readonly clientId: string;
  readonly stream?: (request: Request, signal?: AbortSignal) => Promise<HttpStream>;
  readonly #network: SimulatedNetwork;
  readonly #dice: Dice;
  readonly #line: () => Partial<SimulatedLine>;

  constructor(
    network: SimulatedNetwork,
    clientId: string,
    dice: Dice,
    transport: "stream" | "longPoll",
    line: () => Partial<SimulatedLine> = () => ({}),
  ) {
    this.#network = network;
    this.clientId = clientId;
    this.#dice = dice;
    this.#line = line;
    if (transport === "stream") this.stream = (request, signal) => this.#stream(request as FetchDeltasRequest, signal);
  }

  async frames(request: Request, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const call = await this.#call(request, signal);
    const answer = await this.#answer(call, (service) => framesOf(service, overTheWire(request), call.signal));
    return this.#deliver(call, answer[Symbol.asyncIterator]());
  }

  async json(request: Request, signal?: AbortSignal): Promise<Record<string, unknown>> {
    const call = await this.#call(request, signal);
    const answer = await this.#answer(call, (service) => jsonOf(service, overTheWire(request)));
    call.end();
    return JSON.parse(JSON.stringify(answer)) as Record<string, unknown>;
  }

  async #stream(request: FetchDeltasRequest, signal?: AbortSignal): Promise<HttpStream> {
    const call = await this.#call(request, signal);
    const stream = await this.#answer(call, (service) =>
      service.openStream(overTheWire(request) as FetchDeltasRequest, call.signal),
    );
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      yield stream.head;
      for (;;) for (const frame of (await nextBatch(stream)).frames) yield frame;
    };
    const bytes = this.#deliver(call, pieces());
    return {
      [Symbol.asyncIterator]: () => bytes,
      acknowledge: (sequence) => void this.#acknowledge(call, stream, sequence),
      close: () => call.end(),
    };
  }

  /** Sends a request: gives the server that it reached, and a signal that aborts with the caller's or with the connection. */
  async #call(request: Request, signal: AbortSignal | undefined): Promise<Call> {
    if (request.service !== "FetchDeltas" && this.#dice.chance(this.#network.faults.repeat))
      void this.#network.repeat(overTheWire(request), this.#dice.between(LATE_MS_MIN, this.#dice.pick(lateMsMax)));
    await this.#travel();
    const { isCut, broken: ends = [] } = this.#line();
    if (isCut) throw broken();
    const { service, connections } = this.#network.arrive();
    if (this.#dice.chance(this.#network.faults.loseRequest)) throw broken();
    const controller = new AbortController();
    const sources = [signal, connections.signal, ...ends];
    const end = (): void => {
      for (const each of sources) each?.removeEventListener("abort", end);
      controller.abort(broken());
    };
    for (const each of sources) each?.addEventListener("abort", end);
    if (sources.some((each) => each?.aborted)) end();
    return { service, signal: controller.signal, end };
  }

  async #answer<T>(call: Call, work: (service: LiveDistService) => Promise<T>): Promise<T> {
    try {
      const answer = await abortable(work(call.service), call.signal);
      await this.#travel();
      if (this.#dice.chance(this.#network.faults.loseResponse)) throw broken();
      return answer;
    } catch (error) {
      call.end();
      throw fromWireError(toWireError(error));
    }
  }

  /** Passes the bytes of an answer on, cut differently from how the server wrote them, and perhaps not all of them. */
  async *#deliver(call: Call, pieces: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const next = await abortable(pieces.next(), call.signal);
        if (next.done === true) return;
        const isCut = this.#dice.chance(this.#network.faults.cut);
        const bytes = isCut ? next.value.subarray(0, this.#dice.between(0, next.value.length)) : next.value;
        const middle = this.#dice.between(0, bytes.length);
        for (const part of [bytes.subarray(0, middle), bytes.subarray(middle)]) if (part.length > 0) yield part.slice();
        if (isCut) throw broken();
        if (this.#dice.chance(0.2)) await this.#travel();
      }
    } catch (error) {
      throw fromWireError(toWireError(error));
    } finally {
      call.end();
    }
  }

  async #acknowledge(call: Call, stream: AcknowledgedStream, sequence: number): Promise<void> {
    await this.#travel();
    if (!call.signal.aborted) stream.acknowledged?.(sequence);
  }

  #travel(): Promise<void> {
    return sleep(this.#line().clock ?? this.#network.clock, this.#dice.between(0, this.#network.faults.delayMsMax));
  }
}

type AcknowledgedStream = DeltaStream & { acknowledged?(sequence: number): void };

interface Call {
  readonly service: LiveDistService;
  readonly signal: AbortSignal;
  end(): void;
}

function broken(): LiveDistError {
  return new LiveDistError("Network", "the connection broke");
}

import { LiveDistError } from "../../src/base/errors.js";
import type { IHttpClient } from "../../src/plugs/http-client.js";
import type { LiveDistService } from "../../src/wire/live-dist-service.js";
import { readRequestBody } from "../../src/wire/request-body.js";
import { readRequest } from "../../src/wire/read-request.js";
import { writeRequestBody } from "../../src/wire/request-body.js";
import type { Request } from "../../src/wire/requests.js";
import { type Fault } from "./fake-site.js";
import { networkError, pieces } from "./scripted-client.js";

const PIECES = 3;

/** Carries requests to a service in this process, as bytes, with faults between: unanswered ones have been executed. */
export class ServiceClient implements IHttpClient {
  readonly clientId = "c1";
  readonly #service: () => LiveDistService | undefined;
  readonly #fault: Fault;
  readonly #travel: () => Promise<void>;

  /** `travel`: what a request, and its answer, have to wait for. */
  constructor(service: () => LiveDistService | undefined, fault: Fault, travel: () => Promise<void>) {
    this.#service = service;
    this.#fault = fault;
    this.#travel = travel;
  }

  async frames(request: Request, signal = new AbortController().signal): Promise<AsyncIterable<Uint8Array>> {
    const fault = this.#fault();
    const read = await this.#arrive(request, fault);
    const bytes = Buffer.concat(await collect(await framesOf(this.#reach(), read, signal)));
    await this.#travel();
    if (fault === "none") return pieces(cut(bytes));
    const { cutAfter } = fault as { cutAfter: number };
    if (cutAfter < 0.3) throw networkError();
    return pieces(cut(bytes.subarray(0, Math.floor(bytes.length * cutAfter))));
  }

  async json(request: Request): Promise<Record<string, unknown>> {
    const fault = this.#fault();
    const read = await this.#arrive(request, fault);
    const answer = await jsonOf(this.#reach(), read);
    await this.#travel();
    if (fault !== "none") throw networkError();
    return answer;
  }

  async #arrive(request: Request, fault: ReturnType<Fault>): Promise<Request> {
    await this.#travel();
    if (fault === "refuse") throw networkError();
    return overTheWire(request);
  }

  #reach(): LiveDistService {
    const service = this.#service();
    if (!service) throw networkError();
    return service;
  }
}

function overTheWire(request: Request): Request {
  const { body } = writeRequestBody(request);
  return typeof body === "string" ? readRequest(body) : readRequestBody(body);
}

async function framesOf(
  service: LiveDistService,
  request: Request,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array> | Iterable<Uint8Array>> {
  switch (request.service) {
    case "FullLoad":
      return service.fullLoad(request, signal);
    case "SyncLoad":
      return service.syncLoad(request, signal);
    case "PartialLoad":
      return service.partialLoad(request, signal);
    case "SelectMinus":
      return service.selectMinus(request, signal);
    case "FetchDeltas":
      return service.fetchDeltas(request, signal);
    default:
      throw new LiveDistError("Request", `${request.service} is not answered in frames`);
  }
}

async function jsonOf(service: LiveDistService, request: Request): Promise<Record<string, unknown>> {
  switch (request.service) {
    case "BeginSession":
      return { ...(await service.beginSession(request)) };
    case "SkipLoad":
      return { position: await service.skipLoad(request) };
    case "UnregisterEntities":
      return { ...(await service.unregisterEntities(request)) };
    case "ReadSchema":
      return service.readSchema(request);
    default:
      throw new LiveDistError("Request", `${request.service} is not answered in JSON`);
  }
}

async function collect(answer: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Uint8Array[]> {
  const list: Uint8Array[] = [];
  for await (const piece of answer) list.push(piece);
  return list;
}

function cut(bytes: Uint8Array): Uint8Array[] {
  const size = Math.ceil(bytes.length / PIECES) || 1;
  return Array.from({ length: PIECES }, (_, at) => bytes.slice(at * size, (at + 1) * size));
}

import type { IHttpClient } from "../../src/plugs/http-client.js";
import type { LiveDistService } from "../../src/wire/live-dist-service.js";
import type { Request } from "../../src/wire/requests.js";
import { framesOf, jsonOf, overTheWire } from "../support/call-service.js";
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
    return { ...answer };
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

async function collect(answer: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const list: Uint8Array[] = [];
  for await (const piece of answer) list.push(piece);
  return list;
}

function cut(bytes: Uint8Array): Uint8Array[] {
  const size = Math.ceil(bytes.length / PIECES) || 1;
  return Array.from({ length: PIECES }, (_, at) => bytes.slice(at * size, (at + 1) * size));
}

import { RedirectError } from "../../base/errors.js";
import { SERVER_STREAMS_SENT_MAX } from "../../base/limits.js";
import type {
  AnswerPieces,
  BegunSession,
  DeltaStream,
  KnownClient,
  LiveDistService,
} from "../../wire/live-dist-service.js";
import {
  type BeginSessionRequest,
  type FetchDeltasRequest,
  type FullLoadRequest,
  type LoadEntitiesRequest,
  type LookRequest,
  type PartialLoadRequest,
  type Position,
  type ReadClientsRequest,
  type ReadSchemaRequest,
  type Request,
  type SelectMinusRequest,
  serverOf,
  type ServerRole,
  type SkipLoadRequest,
  type SyncLoadRequest,
  type UnregisterEntitiesRequest,
} from "../../wire/requests.js";
import type { SiteMember } from "./site-member.js";

type ClientRequest = Exclude<Request, { service: "Notify" }>;

/** What only reads, and is served in standby too. */
const reading: ReadonlySet<string> = new Set<Request["service"]>([
  "FetchDeltas",
  "SkipLoad",
  "ReadSchema",
  "ReadClients",
]);
/** What a client begins with at a server: there it can be sent to another one at no cost. */
const beginning: ReadonlySet<string> = new Set<Request["service"]>(["FetchDeltas", "SkipLoad", "FullLoad", "SyncLoad"]);

/**
 * Serves what a server's duty lets it, and sends clients to other servers of the site where these have fewer (guide §8.1). Who was
 * sent here stays. Sites are served by the server that leads: what they say of themselves concerns the links, which run there.
 */
export class DutyService implements LiveDistService {
  readonly #service: LiveDistService;
  readonly #member: SiteMember;
  readonly #streams = new Set<AbortController>();
  /** Those of them that are other sites'. */
  readonly #sites = new Set<AbortController>();
  #fetches = 0;

  constructor(service: LiveDistService, member: SiteMember) {
    this.#service = service;
    this.#member = member;
    member.onBeat(() => this.#review());
  }

  /** How many clients are here: those with a stream, and those that wait for the answer of a fetch. */
  get clients(): number {
    return this.#streams.size + this.#fetches;
  }

  async beginSession(request: BeginSessionRequest): Promise<BegunSession> {
    this.#check(request);
    return this.#service.beginSession(request);
  }

  async fullLoad(request: FullLoadRequest, signal: AbortSignal): Promise<AnswerPieces> {
    this.#check(request);
    return this.#service.fullLoad(request, signal);
  }

  async syncLoad(request: SyncLoadRequest, signal: AbortSignal): Promise<AnswerPieces> {
    this.#check(request);
    return this.#service.syncLoad(request, signal);
  }

  async partialLoad(request: PartialLoadRequest, signal: AbortSignal): Promise<AnswerPieces> {
    this.#check(request);
    return this.#service.partialLoad(request, signal);
  }

  async loadEntities(request: LoadEntitiesRequest, signal: AbortSignal): Promise<AnswerPieces> {
    this.#check(request);
    return this.#service.loadEntities(request, signal);
  }

  async selectMinus(request: SelectMinusRequest, signal: AbortSignal): Promise<AnswerPieces> {
    this.#check(request);
    return this.#service.selectMinus(request, signal);
  }

  async skipLoad(request: SkipLoadRequest): Promise<Position> {
    this.#check(request);
    return this.#service.skipLoad(request);
  }

  async unregisterEntities(request: UnregisterEntitiesRequest): Promise<{ sequence: number }> {
    this.#check(request);
    return this.#service.unregisterEntities(request);
  }

  async fetchDeltas(request: FetchDeltasRequest, signal: AbortSignal): Promise<readonly Uint8Array[]> {
    this.#check(request);
    this.#fetches++;
    try {
      return await this.#service.fetchDeltas(request, signal);
    } finally {
      this.#fetches--;
    }
  }

  async openStream(request: FetchDeltasRequest, signal: AbortSignal): Promise<DeltaStream> {
    this.#check(request);
    const stay = new AbortController();
    const leave = (): void => {
      this.#streams.delete(stay);
      this.#sites.delete(stay);
    };
    // It counts while it is being opened: many come at once where a server has ended.
    this.#streams.add(stay);
    if (isSite(request)) this.#sites.add(stay);
    signal.addEventListener("abort", leave, { once: true });
    try {
      const stream = await this.#service.openStream(request, signal);
      if (signal.aborted) leave();
      return stayingStream(stream, stay.signal, leave);
    } catch (error) {
      leave();
      throw error;
    }
  }

  async readSchema(request: ReadSchemaRequest): Promise<{ schemaName: string; schemaText: string }> {
    this.#check(request);
    return this.#service.readSchema(request);
  }

  async readClients(request: ReadClientsRequest): Promise<{ clients: readonly KnownClient[] }> {
    this.#check(request);
    return this.#service.readClients(request);
  }

  async look(request: LookRequest, within?: string): Promise<object> {
    // The links are there, and the connections that sons park.
    this.#member.checkLeads();
    return this.#service.look(request, within);
  }

  notify(): void {
    this.#service.notify();
  }

  status(role: ServerRole): Readonly<Record<string, unknown>> {
    const status = this.#service.status(role);
    const off = this.#member.runs(role) ? {} : { state: "off" };
    return role === "delta" ? { ...status, ...off, ...this.#member.status } : { ...status, ...off };
  }

  /** Throws Redirect, Closed or NotServed where another server is to serve a request. */
  #check(request: ClientRequest): void {
    const { service, sentHere } = request;
    const role = serverOf[service];
    this.#member.checkServes(!reading.has(service), role);
    if (isSite(request)) this.#member.checkLeads();
    if (sentHere || isSite(request) || !beginning.has(service)) return;
    const lighter = this.#member.lighter(this.clients, role);
    if (lighter !== undefined) throw new RedirectError("another server has fewer clients", lighter);
  }

  /** Sends some streams elsewhere: all where nobody is to be served here any more, and those of sites where another server leads. */
  #review(): void {
    this.#endWhere(() => this.#member.checkServes(false, "delta"), this.#streams);
    // What they acknowledge has to be known where drops are decided.
    this.#endWhere(() => this.#member.checkLeads(), this.#sites);
    this.#sendSome();
  }

  #endWhere(check: () => void, streams: ReadonlySet<AbortController>): void {
    if (streams.size === 0) return;
    try {
      check();
    } catch (error) {
      for (const stream of [...streams]) stream.abort(error);
    }
  }

  #sendSome(): void {
    // Less eagerly than who comes anew: a stream that is ended costs something.
    let left = Math.min(SERVER_STREAMS_SENT_MAX, Math.ceil(this.#member.surplus(this.clients) / 4));
    for (const stream of this.#streams) {
      if (left <= 0) return;
      if (this.#sites.has(stream)) continue;
      left--;
      const lighter = this.#member.lighter(this.clients, "delta", 2);
      if (lighter === undefined) return;
      stream.abort(new RedirectError("another server has fewer clients", lighter));
      this.#streams.delete(stream);
    }
  }
}

function isSite(request: ClientRequest): boolean {
  return "siteEpoch" in request;
}

/** Gives a stream that also ends, with the reason, when a signal aborts; `left` is called when it has ended. */
function stayingStream(stream: DeltaStream, stay: AbortSignal, left: () => void): DeltaStream {
  const ended = AbortSignal.any([stream.ended, stay]);
  if (ended.aborted) left();
  else ended.addEventListener("abort", left, { once: true });
  return {
    head: stream.head,
    ended,
    acknowledged: (sequence) => stream.acknowledged?.(sequence),
    take() {
      if (stay.aborted) throw stay.reason;
      return stream.take();
    },
    onMore: (callback) => stream.onMore(callback),
  };
}

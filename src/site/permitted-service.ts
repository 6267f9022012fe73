import { GUID_BYTES } from "../base/guid.js";
import type { IPermit } from "../plugs/permit.js";
import type {
  AnswerPieces,
  BegunSession,
  DeltaStream,
  KnownClient,
  LiveDistService,
} from "../wire/live-dist-service.js";
import type {
  BeginSessionRequest,
  FetchDeltasRequest,
  FullLoadRequest,
  LoadEntitiesRequest,
  NotifyRequest,
  PartialLoadRequest,
  Position,
  ReadClientsRequest,
  ReadSchemaRequest,
  Request,
  SelectMinusRequest,
  ServerRole,
  SkipLoadRequest,
  SyncLoadRequest,
  UnregisterEntitiesRequest,
} from "../wire/requests.js";

/**
 * Asks a permit before each request of a client reaches a service (guide §5.6). It comes before everything else: who is refused
 * does not even hear whether such a client exists.
 */
export class PermittedService implements LiveDistService {
  readonly #service: LiveDistService;
  readonly #permit: IPermit;

  constructor(service: LiveDistService, permit: IPermit) {
    this.#service = service;
    this.#permit = permit;
  }

  async beginSession(request: BeginSessionRequest): Promise<BegunSession> {
    await this.#check(request);
    return this.#service.beginSession(request);
  }

  async fullLoad(request: FullLoadRequest, signal: AbortSignal): Promise<AnswerPieces> {
    await this.#check(request);
    return this.#service.fullLoad(request, signal);
  }

  async syncLoad(request: SyncLoadRequest, signal: AbortSignal): Promise<AnswerPieces> {
    await this.#check(request);
    return this.#service.syncLoad(request, signal);
  }

  async partialLoad(request: PartialLoadRequest, signal: AbortSignal): Promise<AnswerPieces> {
    await this.#check(request);
    return this.#service.partialLoad(request, signal);
  }

  async loadEntities(request: LoadEntitiesRequest, signal: AbortSignal): Promise<AnswerPieces> {
    await this.#check(request);
    return this.#service.loadEntities(request, signal);
  }

  async selectMinus(request: SelectMinusRequest, signal: AbortSignal): Promise<AnswerPieces> {
    await this.#check(request);
    return this.#service.selectMinus(request, signal);
  }

  async skipLoad(request: SkipLoadRequest): Promise<Position> {
    await this.#check(request);
    return this.#service.skipLoad(request);
  }

  async unregisterEntities(request: UnregisterEntitiesRequest): Promise<{ sequence: number }> {
    await this.#check(request);
    return this.#service.unregisterEntities(request);
  }

  async fetchDeltas(request: FetchDeltasRequest, signal: AbortSignal): Promise<readonly Uint8Array[]> {
    await this.#check(request);
    return this.#service.fetchDeltas(request, signal);
  }

  async openStream(request: FetchDeltasRequest, signal: AbortSignal): Promise<DeltaStream> {
    await this.#check(request);
    return this.#service.openStream(request, signal);
  }

  async readSchema(request: ReadSchemaRequest): Promise<{ schemaName: string; schemaText: string }> {
    await this.#check(request);
    return this.#service.readSchema(request);
  }

  async readClients(request: ReadClientsRequest): Promise<{ clients: readonly KnownClient[] }> {
    await this.#check(request);
    return this.#service.readClients(request);
  }

  /** Where it comes from is known to who carries it, and asks the permit (see IHttpServer). */
  notify(): void {
    this.#service.notify();
  }

  /** Says nothing of entities or clients: everyone who reaches the server may see that it is up. */
  status(role: ServerRole): Readonly<Record<string, unknown>> {
    return this.#service.status(role);
  }

  async #check(request: ClientsRequest): Promise<void> {
    const { service, clientId, token: credentials } = request;
    const tracking = "tracking" in request ? request.tracking : undefined;
    const techIdCount = "techIds" in request ? request.techIds.length / GUID_BYTES : 0;
    for (const topicsSlice of slicesOf(request)) {
      await this.#permit.check({ service, clientId, tracking, topicsSlice, techIdCount, credentials });
    }
  }
}

type ClientsRequest = Exclude<Request, NotifyRequest>;

/** Gives every topics-slice that a request names; a request that names none is asked about once all the same. */
function slicesOf(request: ClientsRequest): readonly (string | undefined)[] {
  switch (request.service) {
    case "BeginSession":
    case "ReadSchema":
    case "ReadClients":
      return [undefined];
    case "FullLoad":
    case "SyncLoad":
    case "LoadEntities":
    case "SkipLoad":
    case "UnregisterEntities":
    case "FetchDeltas":
      return [request.topicsSlice];
    case "PartialLoad":
      return [request.topicsSlice, request.newTopicsSlice];
    case "SelectMinus":
      return [request.oldTopicsSlice, request.newTopicsSlice];
  }
}

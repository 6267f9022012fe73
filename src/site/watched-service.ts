import { codeOf, toWireError } from "../base/errors.js";
import { whenAborted } from "../base/when-aborted.js";
import type { ClientWatch } from "../delta-server/client-watch.js";
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
  LookRequest,
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
import { type Subscribing, Subscriptions } from "./subscriptions.js";
import { type LoadWatchers, watchedLoad } from "./watched-load.js";

const never = new AbortController().signal;

/** Tells the application what its service does: loads, subscriptions, counters, exceptional conditions (guide §5.4, §5.5). */
export class WatchedService implements LiveDistService {
  readonly #service: LiveDistService;
  readonly #watchers: LoadWatchers;
  readonly #subscriptions: Subscriptions;

  constructor(service: LiveDistService, clients: ClientWatch, watchers: LoadWatchers) {
    this.#service = service;
    this.#watchers = watchers;
    const { notifier, reporter, logger } = watchers;
    this.#subscriptions = new Subscriptions(notifier, logger);
    clients.onGone(({ clientId }) => {
      this.#subscriptions.forget(clientId);
      reporter.exit("PositionFromTheFuture", clientId);
      reporter.event("ClientGone", { clientId });
    });
  }

  beginSession(request: BeginSessionRequest): Promise<BegunSession> {
    return this.#watch(request, never, () => this.#service.beginSession(request));
  }

  fullLoad(request: FullLoadRequest, signal: AbortSignal): Promise<AnswerPieces> {
    return this.#load(request, signal, () => this.#service.fullLoad(request, signal));
  }

  syncLoad(request: SyncLoadRequest, signal: AbortSignal): Promise<AnswerPieces> {
    return this.#load(request, signal, () => this.#service.syncLoad(request, signal));
  }

  partialLoad(request: PartialLoadRequest, signal: AbortSignal): Promise<AnswerPieces> {
    return this.#load(request, signal, () => this.#service.partialLoad(request, signal));
  }

  /** It changes no subscription. */
  async loadEntities(request: LoadEntitiesRequest, signal: AbortSignal): Promise<AnswerPieces> {
    const pieces = await this.#watch(request, signal, () => this.#service.loadEntities(request, signal));
    return watchedLoad(pieces, request, signal, this.#watchers);
  }

  selectMinus(request: SelectMinusRequest, signal: AbortSignal): Promise<AnswerPieces> {
    return this.#watch(request, signal, () => this.#service.selectMinus(request, signal));
  }

  skipLoad(request: SkipLoadRequest): Promise<Position> {
    return this.#watch(request, never, () => this.#service.skipLoad(request));
  }

  unregisterEntities(request: UnregisterEntitiesRequest): Promise<{ sequence: number }> {
    return this.#watch(request, never, () => this.#service.unregisterEntities(request));
  }

  fetchDeltas(request: FetchDeltasRequest, signal: AbortSignal): Promise<readonly Uint8Array[]> {
    return this.#watch(request, signal, () => this.#service.fetchDeltas(request, signal));
  }

  async openStream(request: FetchDeltasRequest, signal: AbortSignal): Promise<DeltaStream> {
    const stream = await this.#watch(request, signal, () => this.#service.openStream(request, signal));
    this.#countStream(signal, stream.ended);
    return stream;
  }

  readSchema(request: ReadSchemaRequest): Promise<{ schemaName: string; schemaText: string }> {
    return this.#watch(request, never, () => this.#service.readSchema(request));
  }

  readClients(request: ReadClientsRequest): Promise<{ clients: readonly KnownClient[] }> {
    return this.#watch(request, never, () => this.#service.readClients(request));
  }

  look(request: LookRequest, within?: string): Promise<object> {
    return this.#watch(request, never, () => this.#service.look(request, within));
  }

  notify(): void {
    this.#service.notify();
  }

  status(role: ServerRole): Readonly<Record<string, unknown>> {
    return this.#service.status(role);
  }

  async #load(request: Subscribing, signal: AbortSignal, load: () => Promise<AnswerPieces>): Promise<AnswerPieces> {
    const pieces = await this.#watch(request, signal, load);
    this.#subscriptions.loaded(request);
    return watchedLoad(pieces, request, signal, this.#watchers);
  }

  async #watch<T>(request: ClientsRequest, signal: AbortSignal, answer: () => Promise<T>): Promise<T> {
    const { reporter } = this.#watchers;
    reporter.count("requests");
    try {
      const answered = await answer();
      if ("tracking" in request) reporter.exit("PositionFromTheFuture", request.clientId);
      return answered;
    } catch (error) {
      if (!signal.aborted) this.#report(request, error);
      throw error;
    }
  }

  #report({ service, clientId }: ClientsRequest, error: unknown): void {
    const { reporter } = this.#watchers;
    reporter.failed(toWireError(error).code);
    const details = { clientId, service, error };
    if (codeOf(error) === "Permission") reporter.event("PermissionRefused", details);
    if (codeOf(error) === "FutureSequence") reporter.enter("PositionFromTheFuture", details);
  }

  #countStream(...ends: readonly AbortSignal[]): void {
    const { reporter } = this.#watchers;
    let isRunning = true;
    reporter.count("runningStreams");
    for (const signal of ends)
      whenAborted(signal, () => {
        if (isRunning) reporter.count("runningStreams", -1);
        isRunning = false;
      });
  }
}

type ClientsRequest = Exclude<Request, NotifyRequest>;

import { type Clock, systemClock } from "../base/clock.js";
import { GUID_BYTES } from "../base/guid.js";
import { RIGHTS_KEPT_MAX } from "../base/limits.js";
import { whenAborted } from "../base/when-aborted.js";
import type { IPermit } from "../plugs/permit.js";
import type {
  AnswerPiece,
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
  LoadRequest,
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
import { ClientLimits, type ClientLimitsOptions, noClientLimits } from "./client-limits.js";
import { RightsEpoch } from "./rights-epoch.js";
import { type Limited, Term } from "./term.js";

export interface PermittedServiceOptions {
  readonly clock?: Clock;
  readonly limits?: ClientLimitsOptions;
}

/** A request as it was permitted. */
interface Granted<R> {
  readonly request: R;
  /** How the log is named to a client whose slices are narrowed. */
  readonly epoch: RightsEpoch | undefined;
  readonly limited: Limited;
}

/**
 * Asks a permit before each request of a client reaches a service (guide §5.6), narrows its slices where the permit says so, ends
 * what runs when the permission does, and refuses what is above a client's share. It comes before everything else: who is
 * refused does not even hear whether such a client exists.
 */
export class PermittedService implements LiveDistService {
  readonly #service: LiveDistService;
  readonly #permit: IPermit;
  readonly #clock: Clock;
  readonly #limits: ClientLimits;
  readonly #epochs = new Map<string, RightsEpoch>();

  constructor(service: LiveDistService, permit: IPermit, options: PermittedServiceOptions = {}) {
    const { clock = systemClock, limits = noClientLimits } = options;
    this.#service = service;
    this.#permit = permit;
    this.#clock = clock;
    this.#limits = new ClientLimits(clock, limits);
  }

  async beginSession(request: BeginSessionRequest): Promise<BegunSession> {
    return this.#service.beginSession((await this.#grant(request)).request);
  }

  fullLoad(request: FullLoadRequest, signal: AbortSignal): Promise<AnswerPieces> {
    return this.#load(request, signal, (granted, until) => this.#service.fullLoad(granted, until));
  }

  syncLoad(request: SyncLoadRequest, signal: AbortSignal): Promise<AnswerPieces> {
    return this.#load(request, signal, (granted, until) => this.#service.syncLoad(granted, until));
  }

  partialLoad(request: PartialLoadRequest, signal: AbortSignal): Promise<AnswerPieces> {
    return this.#load(request, signal, (granted, until) => this.#service.partialLoad(granted, until));
  }

  loadEntities(request: LoadEntitiesRequest, signal: AbortSignal): Promise<AnswerPieces> {
    return this.#load(request, signal, (granted, until) => this.#service.loadEntities(granted, until));
  }

  selectMinus(request: SelectMinusRequest, signal: AbortSignal): Promise<AnswerPieces> {
    return this.#load(request, signal, (granted, until) => this.#service.selectMinus(granted, until));
  }

  async skipLoad(asked: SkipLoadRequest): Promise<Position> {
    const { request, epoch } = await this.#grant(asked);
    const position = await this.#service.skipLoad(request);
    return epoch === undefined ? position : epoch.outside(position);
  }

  async unregisterEntities(request: UnregisterEntitiesRequest): Promise<{ sequence: number }> {
    return this.#service.unregisterEntities((await this.#grant(request)).request);
  }

  async fetchDeltas(asked: FetchDeltasRequest, signal: AbortSignal): Promise<readonly Uint8Array[]> {
    const { request, epoch, limited } = await this.#grant(asked);
    const { untilMs, ended } = limited;
    const waited =
      untilMs === undefined ? request : { ...request, waitMsMax: this.#leftOf(request.waitMsMax, untilMs) };
    // Who waits to the end of the time is answered; where the permission has ended before, nothing is given any more.
    const term = new Term(signal, ended === undefined ? {} : { ended }, this.#clock);
    const frames = await this.#service.fetchDeltas(waited, term.signal).finally(() => term.end());
    term.signal.throwIfAborted();
    return epoch === undefined ? frames : [epoch.head(frames[0]!), ...frames.slice(1)];
  }

  async openStream(asked: FetchDeltasRequest, signal: AbortSignal): Promise<DeltaStream> {
    const { request, epoch, limited } = await this.#grant(asked);
    const term = new Term(signal, limited, this.#clock);
    try {
      const stream = await this.#service.openStream(request, term.signal);
      whenAborted(stream.ended, () => term.end());
      return epoch === undefined ? stream : marked(stream, epoch);
    } catch (error) {
      term.end();
      throw error;
    }
  }

  async readSchema(request: ReadSchemaRequest): Promise<{ schemaName: string; schemaText: string }> {
    return this.#service.readSchema((await this.#grant(request)).request);
  }

  async readClients(request: ReadClientsRequest): Promise<{ clients: readonly KnownClient[] }> {
    return this.#service.readClients((await this.#grant(request)).request);
  }

  /** Narrows what is told of an entity; of the tree a neighbour is told all. */
  async look(request: LookRequest): Promise<object> {
    const { service, clientId, token: credentials } = request;
    const nothing = { tracking: undefined, topicsSlice: undefined, techIdCount: 0, isSite: false };
    const permitted = (await this.#permit.check({ service, clientId, ...nothing, credentials })) ?? {};
    this.#limits.request(clientId);
    return this.#service.look(request, permitted.topicsSlice);
  }

  /** Where it comes from is known to who carries it, and asks the permit (see IHttpServer). */
  notify(): void {
    this.#service.notify();
  }

  /** Says nothing of entities or clients: everyone who reaches the server may see that it is up. */
  status(role: ServerRole): Readonly<Record<string, unknown>> {
    return this.#service.status(role);
  }

  /** Begins a load, which counts as one of the client until its answer has ended. */
  async #load<R extends LoadRequest | SelectMinusRequest>(
    asked: R,
    signal: AbortSignal,
    begin: (request: R, signal: AbortSignal) => Promise<AnswerPieces>,
  ): Promise<AnswerPieces> {
    const { request, epoch, limited } = await this.#grant(asked);
    const leave = this.#limits.load(request.clientId);
    const term = new Term(signal, limited, this.#clock);
    const end = (): void => {
      leave();
      term.end();
    };
    try {
      const pieces = await begin(request, term.signal);
      // An answer of which nobody takes the first piece never gets to its end.
      whenAborted(signal, end);
      if (pieces.ended) whenAborted(pieces.ended, end);
      return thenEnd(epoch === undefined ? pieces : epoch.pieces(pieces), end);
    } catch (error) {
      end();
      throw error;
    }
  }

  async #grant<R extends ClientsRequest>(request: R): Promise<Granted<R>> {
    const { service, clientId, token: credentials } = request;
    const tracking = "tracking" in request ? request.tracking : undefined;
    const techIdCount = "techIds" in request ? request.techIds.length / GUID_BYTES : 0;
    const asked = { service, clientId, tracking, techIdCount, isSite: isOfSite(request), credentials };
    const slices: Record<string, string> = {};
    let narrowing: string | undefined;
    let limited: Limited = {};
    const names = sliceMembers[service];
    for (const name of names.length > 0 ? names : [undefined]) {
      const topicsSlice = name && (request as unknown as Readonly<Record<string, string>>)[name];
      const permitted = (await this.#permit.check({ ...asked, topicsSlice })) ?? {};
      if (name !== undefined && permitted.topicsSlice !== undefined) slices[name] = permitted.topicsSlice;
      narrowing ??= permitted.narrowing;
      limited = whatEndsFirst(limited, permitted);
    }
    this.#limits.request(clientId);
    if (narrowing === undefined) return { request, epoch: undefined, limited };
    // What a registered client stands on the server knows by itself.
    const epoch = tracking === "registration" ? undefined : this.#epochOf(narrowing);
    return { request: { ...request, ...slices, ...insidePosition(request, epoch) }, epoch, limited };
  }

  #epochOf(narrowing: string): RightsEpoch {
    const known = this.#epochs.get(narrowing);
    if (known !== undefined) return known;
    const [oldest] = this.#epochs.keys();
    if (this.#epochs.size >= RIGHTS_KEPT_MAX) this.#epochs.delete(oldest!);
    const epoch = new RightsEpoch(narrowing);
    this.#epochs.set(narrowing, epoch);
    return epoch;
  }

  #leftOf(waitMsMax: number, untilMs: number): number {
    return Math.max(0, Math.min(waitMsMax, untilMs - this.#clock.now()));
  }
}

/** What `grant` decides on: all that asks for entities, or in their name. */
type ClientsRequest = Exclude<Request, NotifyRequest | LookRequest>;

/** The members of a request that hold a topics-slice; of one that names none the permit is asked once all the same. */
const sliceMembers: Readonly<Record<ClientsRequest["service"], readonly string[]>> = {
  BeginSession: [],
  ReadSchema: [],
  ReadClients: [],
  FullLoad: ["topicsSlice"],
  SyncLoad: ["topicsSlice"],
  LoadEntities: ["topicsSlice"],
  SkipLoad: ["topicsSlice"],
  UnregisterEntities: ["topicsSlice"],
  FetchDeltas: ["topicsSlice"],
  PartialLoad: ["topicsSlice", "newTopicsSlice"],
  SelectMinus: ["oldTopicsSlice", "newTopicsSlice"],
};

/** A request may only go on while each slice that it names is permitted. */
function whatEndsFirst(one: Limited, other: Limited): Limited {
  const times = [one.untilMs, other.untilMs].filter((untilMs) => untilMs !== undefined);
  const signals = [one.ended, other.ended].filter((ended) => ended !== undefined);
  const [ended] = signals;
  return {
    ...(times.length > 0 && { untilMs: Math.min(...times) }),
    ...(ended && { ended: signals.length === 1 ? ended : AbortSignal.any(signals) }),
  };
}

function insidePosition(request: ClientsRequest, epoch: RightsEpoch | undefined): { position?: Position } {
  if (epoch === undefined || !("position" in request)) return {};
  const { service, position } = request;
  return { position: service === "SyncLoad" ? epoch.insideOrForeign(position) : epoch.inside(position) };
}

function marked(stream: DeltaStream, epoch: RightsEpoch): DeltaStream {
  return {
    head: epoch.head(stream.head),
    ended: stream.ended,
    acknowledged: (sequence) => stream.acknowledged?.(sequence),
    take: () => stream.take(),
    onMore: (callback) => stream.onMore(callback),
  };
}

function thenEnd(pieces: AnswerPieces, end: () => void): AnswerPieces {
  async function* all(): AsyncGenerator<AnswerPiece, void, undefined> {
    try {
      yield* pieces;
    } finally {
      end();
    }
  }
  return Object.assign(all(), pieces.ended && { ended: pieces.ended });
}

function isOfSite(request: ClientsRequest): boolean {
  return "siteEpoch" in request;
}

import type { Clock } from "../base/clock.js";
import { LiveDistError } from "../base/errors.js";
import { SITE_MOVED_MS_MAX } from "../base/limits.js";
import { loadFrames, type LoadAnswer } from "../cache-server/load-frames.js";
import type { ClientWatch, ClientWork } from "../delta-server/client-watch.js";
import type { CommandRequest } from "../delta-server/command-record.js";
import type { UnregisteredTracking } from "../delta-server/decide.js";
import type { DeltaFeed } from "../delta-server/delta-feed.js";
import type { DeltaServer, RegisteredCaller } from "../delta-server/delta-server.js";
import { FeedStream } from "../delta-server/feed-stream.js";
import { UnregisteredLoads } from "../delta-server/unregistered-loads.js";
import { parseSubscription } from "../topics/everything.js";
import { parseTopicsSlice } from "../topics/topics-slice.js";
import { headFrame, positionFrame } from "../wire/frames.js";
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
  PartialLoadRequest,
  Position,
  ReadClientsRequest,
  ReadSchemaRequest,
  SelectMinusRequest,
  ServerRole,
  SkipLoadRequest,
  SyncLoadRequest,
  Tracking,
  UnregisterEntitiesRequest,
} from "../wire/requests.js";
import { ClientActivity, type TrackedFeed } from "./client-activity.js";
import { Lookout } from "./lookout.js";
import { ParsedSlices } from "./parsed-slices.js";
import type { PeerListener } from "./peer-listener.js";
import { CenterConnection } from "./proxy/center-connection.js";
import { siteStatus } from "./site-status.js";
import { SiteStream } from "./site-stream.js";
import { StreamBatches } from "./stream-batches.js";

/** What every request of a client says of who asks. */
interface Asking {
  readonly clientId: string;
  readonly siteEpoch?: string;
}

/** A feed, and what has to be ended with it. */
interface OpenFeed {
  readonly feed: DeltaFeed;
  readonly tracked: TrackedFeed;
  readonly end: () => void;
  readonly ended: AbortSignal;
}

export interface SiteServiceOptions {
  /** Hears of other sites. */
  readonly peers?: PeerListener | undefined;
  /** Gives what GET on the delta server tells beyond the servers' own state. */
  readonly status?: (() => Readonly<Record<string, unknown>>) | undefined;
  /** Whether the center is reached; who changes it wakes the delta server's readers. Default: it is. */
  readonly center?: CenterConnection;
  /** Tells neighbours of the tree. Default: nobody does. */
  readonly lookout?: Lookout;
  /** Hears of who fetches deltas. */
  readonly activity?: ClientActivity;
}

/** Answers the services of one site: its delta server and its cache server, co-deployed (guide §7.1). */
export class SiteService implements LiveDistService {
  readonly #delta: DeltaServer;
  readonly #clients: ClientWatch;
  readonly #clock: Clock;
  readonly #loads: UnregisteredLoads;
  readonly #slices = new ParsedSlices(parseTopicsSlice);
  readonly #subscriptions = new ParsedSlices(parseSubscription);
  readonly #streamBatches: StreamBatches;
  readonly #startedMs: number;
  readonly #peers: PeerListener | undefined;
  readonly #status: () => Readonly<Record<string, unknown>>;
  readonly #center: CenterConnection;
  readonly #activity: ClientActivity;
  readonly #lookout: Lookout;

  constructor(delta: DeltaServer, clients: ClientWatch, clock: Clock, options: SiteServiceOptions = {}) {
    this.#delta = delta;
    this.#peers = options.peers;
    this.#status = options.status ?? (() => ({}));
    // A site has its own database: it is never cut off from itself.
    this.#center = options.center ?? new CenterConnection(true);
    this.#streamBatches = new StreamBatches(this.#center);
    this.#clients = clients;
    this.#clock = clock;
    this.#loads = new UnregisteredLoads(delta);
    this.#activity = options.activity ?? new ClientActivity(clock);
    this.#lookout = options.lookout ?? new Lookout();
    this.#startedMs = clock.now();
  }

  beginSession(request: BeginSessionRequest): Promise<BegunSession> {
    return this.#run(request, async (work) => {
      const { sequence, epoch } = await this.#command(request, work);
      return { session: sequence, epoch };
    });
  }

  fullLoad(request: FullLoadRequest, signal: AbortSignal): Promise<AnswerPieces> {
    return this.#load(request, signal, () => this.#loads.fullLoad(request));
  }

  syncLoad(request: SyncLoadRequest, signal: AbortSignal): Promise<AnswerPieces> {
    return this.#load(request, signal, async () => {
      if (request.position) await this.#checkPositionAhead(request.position);
      return this.#loads.syncLoad(request);
    });
  }

  partialLoad(request: PartialLoadRequest, signal: AbortSignal): Promise<AnswerPieces> {
    return this.#load(request, signal, async (work) => {
      const { feed, end } = await this.#openFeed(request, work);
      try {
        return await this.#loads.partialLoad(request, feed);
      } finally {
        end();
      }
    });
  }

  loadEntities(request: LoadEntitiesRequest, signal: AbortSignal): Promise<AnswerPieces> {
    return this.#load(request, signal, async () => {
      await this.#delta.checkPosition(request.position);
      return this.#loads.loadEntities(request);
    });
  }

  async selectMinus(request: SelectMinusRequest, signal: AbortSignal): Promise<AnswerPieces> {
    const oldSlice = parseTopicsSlice(request.oldTopicsSlice);
    const newSlice = parseTopicsSlice(request.newTopicsSlice);
    return this.#answer(request, signal, () => {
      const answer = this.#loads.selectMinus(oldSlice, newSlice);
      return Promise.resolve({ ...answer, namesOnly: true });
    });
  }

  skipLoad(request: SkipLoadRequest): Promise<Position> {
    return this.#run(request, async () => {
      const { tracking, topicsSlice, position } = request;
      if (tracking !== "registration") {
        parseSubscription(topicsSlice);
        await this.#delta.checkPosition(position);
        return position;
      }
      const { stamp } = await this.#delta.requireRegistration(this.#callerOf(request), position);
      return { ...position, stamp };
    });
  }

  unregisterEntities(request: UnregisterEntitiesRequest): Promise<{ sequence: number }> {
    return this.#run(request, async (work) => {
      if (request.tracking !== "registration") {
        throw new LiveDistError("Request", 'only a client with tracking "registration" has entities to unregister');
      }
      parseTopicsSlice(request.topicsSlice);
      await this.#delta.checkPosition(request.position);
      const { sequence } = await this.#command(request, work);
      return { sequence };
    });
  }

  async fetchDeltas(request: FetchDeltasRequest, signal: AbortSignal): Promise<readonly Uint8Array[]> {
    const { feed, end } = await this.#beginFeed(request, signal, false);
    try {
      const head = this.#head(request.position.sequence);
      const { frames, sequence } = await feed.next(request.waitMsMax, this.#centerChanges());
      return [head, ...frames, positionFrame(sequence, this.#center.isConnected)];
    } finally {
      end();
    }
  }

  async openStream(request: FetchDeltasRequest, signal: AbortSignal): Promise<DeltaStream> {
    const { feed, tracked, end, ended } = await this.#beginFeed(request, signal, true);
    const movedMsMax = request.siteEpoch === undefined ? request.waitMsMax : SITE_MOVED_MS_MAX;
    return new SiteStream(new FeedStream(feed, this.#clock, { idleMsMax: request.waitMsMax, movedMsMax }), {
      head: this.#head(request.position.sequence),
      ended,
      acknowledged: (sequence) => {
        tracked.acknowledged(sequence);
        this.#acknowledged(request, sequence);
      },
      batches: this.#streamBatches,
      end,
    });
  }

  readSchema(request: ReadSchemaRequest): Promise<{ schemaName: string; schemaText: string }> {
    return this.#run(request, async () => {
      const { schemas } = this.#delta;
      const schema = request.schemaName === undefined ? schemas.own : await schemas.load(request.schemaName);
      return { schemaName: schema.name, schemaText: schema.text };
    });
  }

  readClients(request: ReadClientsRequest): Promise<{ clients: readonly KnownClient[] }> {
    return this.#run(request, () => {
      this.#activity.noteProxy(request.clientId);
      return Promise.resolve({ clients: this.#clients.rows });
    });
  }

  look(request: LookRequest, within?: string): Promise<object> {
    return this.#run(request, () => this.#lookout.look(request, within));
  }

  notify(): void {
    this.#delta.wake();
  }

  status(role: ServerRole): Readonly<Record<string, unknown>> {
    const upSeconds = Math.round((this.#clock.now() - this.#startedMs) / 1000);
    const status = siteStatus(role, this.#delta, this.#clients, upSeconds);
    return role === "delta" ? { ...status, ...this.#status() } : status;
  }

  #head(sequence: number): Uint8Array {
    return headFrame({ epoch: this.#delta.epoch, sequence, connectedToCenter: this.#center.isConnected });
  }

  /** Gives what tells whether it has changed since now that the center is reached. */
  #centerChanges(): () => boolean {
    const center = this.#center;
    const was = center.isConnected;
    return () => center.isConnected !== was;
  }

  /** Answers a load: by a command, or by `unregistered`. */
  #load(
    request: LoadRequest,
    signal: AbortSignal,
    unregistered: (work: ClientWork) => Promise<LoadAnswer>,
  ): Promise<AnswerPieces> {
    return this.#answer(request, signal, async (work) => {
      if (!isCommand(request)) return unregistered(work);
      // Refused before it stands in the log.
      parseTopicsSlice(request.topicsSlice);
      if (request.service === "PartialLoad") parseTopicsSlice(request.newTopicsSlice);
      if (request.service === "PartialLoad" || request.service === "LoadEntities")
        await this.#delta.checkPosition(request.position);
      if (request.service === "SyncLoad" && request.position) await this.#checkPositionAhead(request.position);
      const { load, epoch } = await this.#command(request, work);
      return { ...load!, epoch };
    });
  }

  /** Rejects with FutureSequence; a SyncLoad may come from any position that is not ahead, and from any epoch. */
  async #checkPositionAhead(position: Position): Promise<void> {
    if (position.epoch === this.#delta.epoch) await this.#delta.checkNotAhead(position);
  }

  #command(request: CommandRequest, { client, signal }: ClientWork): ReturnType<DeltaServer["commands"]["submit"]> {
    return this.#delta.commands.submit(request, { bitNumber: client.bitNumber, signal });
  }

  async #answer(
    request: Asking,
    signal: AbortSignal,
    load: (work: ClientWork) => Promise<LoadAnswer & { readonly epoch?: string }>,
  ): Promise<AnswerPieces> {
    const work = await this.#begin(request, signal);
    try {
      const answer = await load(work);
      const where = { epoch: answer.epoch ?? this.#delta.epoch, connectedToCenter: this.#center.isConnected };
      const progress = { entities: 0 };
      // An answer of which nobody takes the first piece never gets to its end.
      onAbort(work.signal, work.end);
      const pieces = untilAborted(loadFrames(where, answer, this.#clock, progress), work);
      return Object.assign(pieces, { ended: work.signal, progress });
    } catch (error) {
      work.end();
      throw error;
    }
  }

  /** Does what a client asks for, unless it is not served. */
  async #run<T>(request: Asking, what: (work: ClientWork) => Promise<T>): Promise<T> {
    const work = await this.#begin(request, new AbortController().signal);
    try {
      return await what(work);
    } finally {
      work.end();
    }
  }

  /** Begins a request of a client that is served; a site is heard then. Rejects as `ClientWatch.begin` does. */
  async #begin({ clientId, siteEpoch }: Asking, signal: AbortSignal): Promise<ClientWork> {
    const work = await this.#clients.begin(clientId, signal);
    if (siteEpoch !== undefined) await this.#peers?.heard(clientId, siteEpoch);
    return work;
  }

  /** Notes up to where a client has taken what it was given. */
  #acknowledged({ clientId, siteEpoch, position: { epoch } }: FetchDeltasRequest, sequence: number): void {
    if (siteEpoch !== undefined) this.#peers?.acknowledged(clientId, { epoch, sequence });
  }

  async #beginFeed(request: FetchDeltasRequest, signal: AbortSignal, isStream: boolean): Promise<OpenFeed> {
    const work = await this.#begin(request, signal);
    try {
      const { feed, end } = await this.#openFeed(request, work);
      this.#acknowledged(request, request.position.sequence);
      const tracked = this.#activity.begin(request, isStream);
      return {
        feed,
        tracked,
        ended: feed.ended ? AbortSignal.any([work.signal, feed.ended]) : work.signal,
        end: () => {
          end();
          tracked.end();
          work.end();
        },
      };
    } catch (error) {
      work.end();
      throw error;
    }
  }

  async #openFeed(
    request: FetchDeltasRequest | PartialLoadRequest,
    { signal }: ClientWork,
  ): Promise<{ feed: DeltaFeed; end: () => void }> {
    const { tracking, topicsSlice, position } = request;
    const feed =
      tracking === "registration"
        ? await this.#delta.openRegisteredFeed(this.#callerOf(request), position, signal)
        : await this.#delta.openFeed(this.#subscriptions.parse(topicsSlice), unregistered(tracking), position, signal);
    let isOpen = true;
    const end = (): void => {
      if (isOpen) feed.close();
      isOpen = false;
    };
    return { feed, end };
  }

  #callerOf(request: SkipLoadRequest | FetchDeltasRequest | PartialLoadRequest): RegisteredCaller {
    const { clientId, session = 0, sessionEpoch, topicsSlice } = request;
    return { clientId, session, sessionEpoch, slice: this.#slices.parse(topicsSlice) };
  }
}

/** Tells whether a load has to take place at a sequence-number of its own: those of registered clients, and a site's SyncLoad. */
function isCommand({ tracking, service, siteEpoch }: LoadRequest): boolean {
  return tracking === "registration" || (service === "SyncLoad" && siteEpoch !== undefined);
}

function unregistered(tracking: Exclude<Tracking, "registration">): UnregisteredTracking {
  return tracking;
}

function onAbort(signal: AbortSignal, callback: () => void): void {
  if (signal.aborted) callback();
  else signal.addEventListener("abort", callback, { once: true });
}

/** Gives the pieces of an answer until the request is aborted; then throws the reason, which is told as an ERROR frame. */
async function* untilAborted(pieces: AnswerPieces, work: ClientWork): AsyncGenerator<AnswerPiece> {
  try {
    for await (const piece of pieces) {
      if (work.signal.aborted) throw work.signal.reason;
      yield piece;
    }
  } finally {
    work.end();
  }
}

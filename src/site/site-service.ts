import type { Clock } from "../base/clock.js";
import { LiveDistError } from "../base/errors.js";
import { loadFrames } from "../cache-server/load-frames.js";
import type { SchemaRegistry } from "../delta/schema-registry.js";
import type { ClientWatch } from "../delta-server/client-watch.js";
import type { UnregisteredTracking } from "../delta-server/decide.js";
import type { DeltaFeed } from "../delta-server/delta-feed.js";
import type { DeltaServer } from "../delta-server/delta-server.js";
import { parseTopicsSlice } from "../topics/topics-slice.js";
import { headFrame, positionFrame } from "../wire/frames.js";
import type { DeltaStream, LiveDistService, StreamBatch } from "../wire/live-dist-service.js";
import type {
  FetchDeltasRequest,
  FullLoadRequest,
  Position,
  ReadSchemaRequest,
  ServerRole,
  SkipLoadRequest,
  Tracking,
} from "../wire/requests.js";

/** A site has its own database: it is never cut off from itself. Proxies will tell of their mother here. */
const CONNECTED_TO_CENTER = true;

interface OpenFeed {
  readonly feed: DeltaFeed;
  readonly end: () => void;
  readonly ended: AbortSignal;
}

/** Answers the services of one site: its delta server and its cache server, co-deployed (guide §7.1). */
export class SiteService implements LiveDistService {
  readonly #delta: DeltaServer;
  readonly #clients: ClientWatch;
  readonly #clock: Clock;
  readonly #startedMs: number;

  constructor(delta: DeltaServer, clients: ClientWatch, clock: Clock) {
    this.#delta = delta;
    this.#clients = clients;
    this.#clock = clock;
    this.#startedMs = clock.now();
  }

  async fullLoad(
    { clientId, tracking, topicsSlice }: FullLoadRequest,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const work = await this.#clients.begin(clientId, signal);
    try {
      unregistered(tracking);
      const slice = parseTopicsSlice(topicsSlice);
      // Selection and sequence are taken in one go: together they are the snapshot.
      const selection = this.#delta.cache.select(slice, this.#clock.now());
      const { epoch, sequence } = this.#delta;
      const head = { epoch, sequence, count: selection.records.count, connectedToCenter: CONNECTED_TO_CENTER };
      // An answer of which nobody takes the first piece never gets to its end.
      onAbort(work.signal, work.end);
      return untilAborted(loadFrames(head, selection, this.#clock), work);
    } catch (error) {
      work.end();
      throw error;
    }
  }

  beginSession = notYet;
  syncLoad = notYet;
  partialLoad = notYet;
  selectMinus = notYet;
  unregisterEntities = notYet;

  async skipLoad({ clientId, tracking, topicsSlice, position }: SkipLoadRequest): Promise<Position> {
    const { end } = await this.#clients.begin(clientId, new AbortController().signal);
    try {
      unregistered(tracking);
      parseTopicsSlice(topicsSlice);
      await this.#delta.checkPosition(position);
      return position;
    } finally {
      end();
    }
  }

  async fetchDeltas(request: FetchDeltasRequest, signal: AbortSignal): Promise<readonly Uint8Array[]> {
    const { feed, end } = await this.#openFeed(request, signal);
    try {
      const { frames, sequence } = await feed.next(request.waitMsMax);
      return [this.#head(request.position.sequence), ...frames, positionFrame(sequence, CONNECTED_TO_CENTER)];
    } finally {
      end();
    }
  }

  async openStream(request: FetchDeltasRequest, signal: AbortSignal): Promise<DeltaStream> {
    const { feed, end, ended } = await this.#openFeed(request, signal);
    onAbort(ended, end);
    const next = async (): Promise<StreamBatch> => {
      const { frames, sequence, bytes } = await feed.next(request.waitMsMax);
      return { frames: [...frames, positionFrame(sequence, CONNECTED_TO_CENTER)], sequence, bytes };
    };
    return {
      head: this.#head(request.position.sequence),
      ended,
      next: () =>
        next().catch((error: unknown) => {
          end();
          throw error;
        }),
    };
  }

  async readSchema({ clientId, schemaName }: ReadSchemaRequest): Promise<{ schemaName: string; schemaText: string }> {
    const { end } = await this.#clients.begin(clientId, new AbortController().signal);
    try {
      const schemas: SchemaRegistry = this.#delta.schemas;
      const schema = schemaName === undefined ? schemas.own : await schemas.load(schemaName);
      return { schemaName: schema.name, schemaText: schema.text };
    } finally {
      end();
    }
  }

  notify(): void {
    this.#delta.wake();
  }

  status(role: ServerRole): Readonly<Record<string, unknown>> {
    const { cache, epoch, sequence, window, groups, schemas } = this.#delta;
    const common = {
      server: role,
      state: "up",
      epoch,
      sequence,
      schemaName: schemas.own.name,
      upSeconds: Math.round((this.#clock.now() - this.#startedMs) / 1000),
    };
    if (role === "cache")
      return { ...common, entities: cache.count, entityBytes: cache.bytes.live, heldBytes: cache.bytes.held };
    return {
      ...common,
      runningRequests: this.#clients.runningCount,
      subscriptionGroups: groups.count,
      windowFrom: window.startSequence,
      windowBytes: window.bytes,
    };
  }

  #head(sequence: number): Uint8Array {
    return headFrame({ epoch: this.#delta.epoch, sequence, connectedToCenter: CONNECTED_TO_CENTER });
  }

  async #openFeed(request: FetchDeltasRequest, signal: AbortSignal): Promise<OpenFeed> {
    const work = await this.#clients.begin(request.clientId, signal);
    try {
      const tracking = unregistered(request.tracking);
      const feed = await this.#delta.openFeed(
        parseTopicsSlice(request.topicsSlice),
        tracking,
        request.position,
        work.signal,
      );
      let isOpen = true;
      const end = (): void => {
        if (!isOpen) return;
        isOpen = false;
        feed.close();
        work.end();
      };
      return { feed, end, ended: work.signal };
    } catch (error) {
      work.end();
      throw error;
    }
  }
}

function notYet(): Promise<never> {
  return Promise.reject(new LiveDistError("Request", "not served by this version"));
}

function unregistered(tracking: Tracking): UnregisteredTracking {
  if (tracking === "registration") {
    throw new LiveDistError(
      "Request",
      'tracking "registration" is not served by this version; use "transition" or "none"',
    );
  }
  return tracking;
}

function onAbort(signal: AbortSignal, callback: () => void): void {
  if (signal.aborted) callback();
  else signal.addEventListener("abort", callback, { once: true });
}

/** Gives the pieces of an answer until the request is aborted; then throws the reason, which is told as an ERROR frame. */
async function* untilAborted(
  pieces: AsyncIterable<Uint8Array>,
  work: { signal: AbortSignal; end: () => void },
): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of pieces) {
      if (work.signal.aborted) throw work.signal.reason;
      yield piece;
    }
  } finally {
    work.end();
  }
}

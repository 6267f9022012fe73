import { type Clock, sleep } from "../../base/clock.js";
import { LiveDistError, TopicNotInSliceError } from "../../base/errors.js";
import { parseSubscription } from "../../topics/everything.js";
import type { TopicsSlice } from "../../topics/topics-slice.js";
import { spanFrame } from "../../wire/frames.js";
import type {
  AnswerPiece,
  AnswerPieces,
  BegunSession,
  DeltaStream,
  KnownClient,
  LiveDistService,
  StreamBatch,
} from "../../wire/live-dist-service.js";
import type {
  BeginSessionRequest,
  FetchDeltasRequest,
  FullLoadRequest,
  LoadEntitiesRequest,
  LookRequest,
  PartialLoadRequest,
  Position,
  ReadClientsRequest,
  ReadSchemaRequest,
  SelectMinusRequest,
  ServerRole,
  SkipLoadRequest,
  SyncLoadRequest,
  UnregisterEntitiesRequest,
} from "../../wire/requests.js";
import type { HeldTopics } from "./held-topics.js";
import type { MotherLink } from "./mother-link.js";
import type { ProxyState } from "./proxy-state.js";
import type { Span } from "./spans.js";

const never = new AbortController().signal;

/** Milliseconds that a client waits for a proxy that is behind the server it comes from, and between two looks. */
const BEHIND_MS_MAX = 2_000;
const LOOK_MS = 20;

export interface ProxyServiceParts {
  readonly link: MotherLink;
  readonly topics: HeldTopics;
  readonly clock: Clock;
  /** Gives what answers from a state. */
  readonly serviceOf: (state: ProxyState) => LiveDistService;
  /** Gives what GET tells of the proxy. */
  readonly status: (role: ServerRole) => Readonly<Record<string, unknown>>;
}

/**
 * Answers the services of a proxy (guide §8; protocol: proxies): as a site does, over what the proxy has. Before that it sees to it
 * that the topics asked for are held: a load widens what the proxy receives, everything else is refused with TopicNotInSlice.
 */
export class ProxyService implements LiveDistService {
  readonly #parts: ProxyServiceParts;

  constructor(parts: ProxyServiceParts) {
    this.#parts = parts;
  }

  async beginSession(request: BeginSessionRequest): Promise<BegunSession> {
    return this.#service().beginSession(request);
  }

  async fullLoad(request: FullLoadRequest, signal: AbortSignal): Promise<AnswerPieces> {
    await this.#hold(request.topicsSlice, signal);
    return this.#service().fullLoad(request, signal);
  }

  async syncLoad(request: SyncLoadRequest, signal: AbortSignal): Promise<AnswerPieces> {
    await this.#hold(request.topicsSlice, signal);
    const { position } = request;
    if (position !== undefined) await this.#reach(position, signal);
    // What it names it is given anew; what it does not name is told from its position.
    if (request.techIds === undefined && position?.epoch === this.#state().position.epoch) {
      this.#checkGoesOn(request.topicsSlice, position);
    }
    return this.#service().syncLoad(request, signal);
  }

  async partialLoad(request: PartialLoadRequest, signal: AbortSignal): Promise<AnswerPieces> {
    await this.#reach(request.position, signal);
    this.#checkGoesOn(request.topicsSlice, request.position);
    await this.#hold(request.newTopicsSlice, signal);
    this.#checkGoesOn(request.topicsSlice, request.position);
    const pieces = await this.#service().partialLoad(request, signal);
    const spans = this.#state().spans.between(request.position.sequence, Infinity);
    return spans.length === 0 ? pieces : withSpans(pieces, spans);
  }

  async loadEntities(request: LoadEntitiesRequest, signal: AbortSignal): Promise<AnswerPieces> {
    this.#checkHeld(request.topicsSlice);
    await this.#reach(request.position, signal);
    return this.#service().loadEntities(request, signal);
  }

  async selectMinus(request: SelectMinusRequest, signal: AbortSignal): Promise<AnswerPieces> {
    await this.#hold(request.oldTopicsSlice, signal);
    return this.#service().selectMinus(request, signal);
  }

  async skipLoad(request: SkipLoadRequest): Promise<Position> {
    await this.#reach(request.position, never);
    this.#checkGoesOn(request.topicsSlice, request.position);
    return this.#service().skipLoad(request);
  }

  async unregisterEntities(request: UnregisterEntitiesRequest): Promise<{ sequence: number }> {
    await this.#reach(request.position, never);
    return this.#service().unregisterEntities(request);
  }

  async fetchDeltas(request: FetchDeltasRequest, signal: AbortSignal): Promise<readonly Uint8Array[]> {
    await this.#reach(request.position, signal);
    this.#checkGoesOn(request.topicsSlice, request.position);
    const [head, ...frames] = await this.#service().fetchDeltas(request, signal);
    const spans = this.#state().spans.between(request.position.sequence, Infinity);
    return [head!, ...spans.map(frameOf), ...frames];
  }

  async openStream(request: FetchDeltasRequest, signal: AbortSignal): Promise<DeltaStream> {
    await this.#reach(request.position, signal);
    this.#checkGoesOn(request.topicsSlice, request.position);
    const { spans } = this.#state();
    const stream = await this.#service().openStream(request, signal);
    let { sequence } = request.position;
    const take = (): StreamBatch | undefined => {
      const batch = stream.take();
      if (batch === undefined) return undefined;
      const passed = spans.between(sequence, batch.sequence);
      ({ sequence } = batch);
      return passed.length === 0 ? batch : { ...batch, frames: [...passed.map(frameOf), ...batch.frames] };
    };
    return {
      head: stream.head,
      ended: stream.ended,
      acknowledged: (taken) => stream.acknowledged?.(taken),
      onMore: (callback) => stream.onMore(callback),
      take,
    };
  }

  async readSchema(request: ReadSchemaRequest): Promise<{ schemaName: string; schemaText: string }> {
    return this.#service().readSchema(request);
  }

  async readClients(request: ReadClientsRequest): Promise<{ clients: readonly KnownClient[] }> {
    return this.#service().readClients(request);
  }

  async look(request: LookRequest, within?: string): Promise<object> {
    return this.#service().look(request, within);
  }

  notify(): void {
    // Its mother tells it.
  }

  status(role: ServerRole): Readonly<Record<string, unknown>> {
    const { link, serviceOf, status } = this.#parts;
    return { ...(link.state && serviceOf(link.state).status(role)), ...status(role) };
  }

  /**
   * Waits a little where a client comes from a server that was ahead of this one. Rejects with Closed where it does not come so far,
   * so that the client asks another server.
   */
  async #reach({ epoch, sequence }: Position, signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    const endMs = clock.now() + BEHIND_MS_MAX;
    for (;;) {
      const { position } = this.#state();
      if (epoch !== position.epoch || sequence <= position.sequence) return;
      if (clock.now() >= endMs) {
        throw new LiveDistError(
          "Closed",
          `this proxy is at ${position.sequence}, behind the position ${sequence}: ask another`,
        );
      }
      await sleep(clock, LOOK_MS, signal);
      signal.throwIfAborted();
    }
  }

  /** Throws Closed before the first load, so that a client tries again. */
  #state(): ProxyState {
    const { state } = this.#parts.link;
    if (state !== undefined) return state;
    throw new LiveDistError("Closed", "this proxy is still loading from its mother: try again");
  }

  #service(): LiveDistService {
    return this.#parts.serviceOf(this.#state());
  }

  async #hold(topicsSlice: string, signal: AbortSignal): Promise<void> {
    const slice = parseSubscription(topicsSlice);
    await this.#parts.link.hold(slice, signal);
    this.#use(slice);
  }

  #use(slice: TopicsSlice): void {
    this.#parts.topics.use(slice, this.#parts.clock.now());
  }

  /** Throws TopicNotInSlice where the proxy does not receive what a slice needs: a load would change that. */
  #checkHeld(topicsSlice: string): TopicsSlice {
    const slice = parseSubscription(topicsSlice);
    const missing = this.#parts.topics.missing(slice);
    if (missing.length > 0) {
      throw new TopicNotInSliceError(`this proxy does not receive the topics ${missing.join(", ")}: load first`);
    }
    this.#use(slice);
    return slice;
  }

  /** Throws TopicNotInSlice, or SequenceTooOld where the proxy does not know what came behind a position. */
  #checkGoesOn(topicsSlice: string, { epoch, sequence }: Position): void {
    const state = this.#state();
    const slice = this.#checkHeld(topicsSlice);
    // Of another epoch more is said than that it is old.
    if (epoch === state.position.epoch) state.checkReachesBackTo(sequence, this.#parts.topics.since(slice));
  }
}

function frameOf({ from, to }: Span): Uint8Array {
  return spanFrame(from, to);
}

/** Puts spans behind the HEAD, which is the first piece. */
function withSpans(pieces: AnswerPieces, spans: readonly Span[]): AnswerPieces {
  async function* all(): AsyncGenerator<AnswerPiece> {
    let isHead = true;
    for await (const piece of pieces) {
      yield piece;
      if (isHead) yield spans.map(frameOf);
      isHead = false;
    }
  }
  return Object.assign(all(), pieces.ended && { ended: pieces.ended });
}

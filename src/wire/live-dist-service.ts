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
} from "./requests.js";

/** Buffers that, one behind the other, are whole frames. They may be shared: nobody writes to them. */
export type AnswerPiece = readonly Uint8Array[];

/** An answer in pieces of whole frames. The next piece is made when the one before was taken. */
export interface AnswerPieces extends AsyncIterable<AnswerPiece> {
  /**
   * Aborts, with the reason, when the answer has ended by itself, as that of a `DeltaStream` does: a client that does not read
   * keeps nothing. Absent where only making the next piece tells.
   */
  readonly ended?: AbortSignal;
  /** How many entities the pieces that were made name or hold, as it is at the moment. Absent where it is not counted. */
  readonly progress?: { readonly entities: number };
}

/** A session's number, and the epoch in which it means something. */
export interface BegunSession {
  readonly session: number;
  readonly epoch: string;
}

/** A row of LiveDistClients as it stands on the wire. */
export interface KnownClient {
  readonly clientId: string;
  readonly bitNumber: number;
  readonly isDisabled: boolean;
}

/**
 * What a LiveDist server does, whatever carries the requests: `http/` puts it behind sockets, a test may call it directly.
 * Every method rejects with a LiveDistError whose code stands on the wire; none throws synchronously. Requests were read by
 * `readRequest`. An aborted signal ends the work soon; what the promise then gives is of no interest to anyone.
 */
export interface LiveDistService {
  /** Gives a new session of a registered client. */
  beginSession(request: BeginSessionRequest): Promise<BegunSession>;
  /** Gives the answer of a load: HEAD, ENTITIES*, END. */
  fullLoad(request: FullLoadRequest, signal: AbortSignal): Promise<AnswerPieces>;
  /** Gives the answer of a load: HEAD, GONE*, ENTITIES*, END. */
  syncLoad(request: SyncLoadRequest, signal: AbortSignal): Promise<AnswerPieces>;
  /** Gives the answer of a load: HEAD, ROW*, ENTITIES*, END. */
  partialLoad(request: PartialLoadRequest, signal: AbortSignal): Promise<AnswerPieces>;
  /** Gives the answer of a load: HEAD, GONE*, ENTITIES*, END. */
  loadEntities(request: LoadEntitiesRequest, signal: AbortSignal): Promise<AnswerPieces>;
  /** Gives entities as DELETE delta-objects, as in the answer of a load: HEAD, ENTITIES*, END. */
  selectMinus(request: SelectMinusRequest, signal: AbortSignal): Promise<AnswerPieces>;
  /** Gives the position from which the client may go on. */
  skipLoad(request: SkipLoadRequest): Promise<Position>;
  /** Gives the sequence-number at which the entities were unregistered. */
  unregisterEntities(request: UnregisterEntitiesRequest): Promise<{ sequence: number }>;
  /** Gives the frames of the answer: HEAD, ROW*, POSITION. Waits up to `waitMsMax` for the first row. */
  fetchDeltas(request: FetchDeltasRequest, signal: AbortSignal): Promise<readonly Uint8Array[]>;
  /** Begins a stream from the request's position (its `waitMsMax` is how often an idle stream tells its position). */
  openStream(request: FetchDeltasRequest, signal: AbortSignal): Promise<DeltaStream>;
  readSchema(request: ReadSchemaRequest): Promise<{ schemaName: string; schemaText: string }>;
  /** Gives the rows of LiveDistClients. */
  readClients(request: ReadClientsRequest): Promise<{ clients: readonly KnownClient[] }>;
  /**
   * Gives what the site knows of the tree, or of an entity along the links, to a site or proxy next to it: plain data. `within` is a
   * topics-slice; of an entity that it does not select nothing is told. Rejects with Permission where who asks is not next to the site.
   */
  look(request: LookRequest, within?: string): Promise<object>;
  /** Wakes the delta server: rows were committed. */
  notify(): void;
  /** Gives what GET answers: plain data that says that the server is up and where it stands. */
  status(role: ServerRole): Readonly<Record<string, unknown>>;
}

/** One client's stream of deltas. */
export interface DeltaStream {
  /** The HEAD frame, to be sent first. */
  readonly head: Uint8Array;
  /**
   * Aborts, with the reason, when the stream has ended by itself: the client was disabled, a newer session took its place, the
   * server closes. So that a client hears of it that has not acknowledged, and for whom nothing is asked for.
   */
  readonly ended: AbortSignal;
  /** Tells that the client has taken everything up to a sequence-number, which it was given before. Must not throw. */
  acknowledged?(sequence: number): void;
  /**
   * Gives the next frames, ROW* and POSITION, or undefined where there are none yet: then `onMore` tells when to ask again.
   * Who has no room for them does not ask. Throws what the stream has ended with.
   */
  take(): StreamBatch | undefined;
  /** Calls back, from now on, whenever `take` may give something or throw; never while it is called. Must not throw. */
  onMore(callback: () => void): void;
}

/** One for all streams that are given the same. */
export interface StreamBatch {
  readonly frames: readonly Uint8Array[];
  /** What the client acknowledges once it has taken the batch. */
  readonly sequence: number;
  readonly bytes: number;
}

import type {
  FetchDeltasRequest,
  FullLoadRequest,
  Position,
  ReadSchemaRequest,
  ServerRole,
  SkipLoadRequest,
} from "./requests.js";

/**
 * What a LiveDist server does, whatever carries the requests: `http/` puts it behind sockets, a test may call it directly.
 * Every method rejects with a LiveDistError whose code stands on the wire; none throws synchronously. Requests were read by
 * `readRequest`. An aborted signal ends the work soon; what the promise then gives is of no interest to anyone.
 */
export interface LiveDistService {
  /** Gives the answer of a load in pieces of whole frames. The next piece is made when the one before was taken. */
  fullLoad(request: FullLoadRequest, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** Gives the position from which the client may go on. */
  skipLoad(request: SkipLoadRequest): Promise<Position>;
  /** Gives the frames of the answer: HEAD, ROW*, POSITION. Waits up to `waitMsMax` for the first row. */
  fetchDeltas(request: FetchDeltasRequest, signal: AbortSignal): Promise<readonly Uint8Array[]>;
  /** Begins a stream from the request's position (its `waitMsMax` is how often an idle stream tells its position). */
  openStream(request: FetchDeltasRequest, signal: AbortSignal): Promise<DeltaStream>;
  readSchema(request: ReadSchemaRequest): Promise<{ schemaName: string; schemaText: string }>;
  /** Wakes the delta server: rows were committed. */
  notify(): void;
  /** Gives what GET answers: plain data that says that the server is up and where it stands. */
  status(role: ServerRole): Readonly<Record<string, unknown>>;
}

/** One client's stream of deltas. Ends (next rejects) when its signal aborts, the server closes or the client is disabled. */
export interface DeltaStream {
  /** The HEAD frame, to be sent first. */
  readonly head: Uint8Array;
  /** Gives the next frames, ROW* and POSITION; waits until there are some. Called again only after it has resolved. */
  next(): Promise<StreamBatch>;
}

export interface StreamBatch {
  readonly frames: readonly Uint8Array[];
  /** What the client acknowledges once it has taken the batch. */
  readonly sequence: number;
  readonly bytes: number;
}

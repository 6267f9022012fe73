import type { Request } from "../wire/requests.js";

/**
 * Carries an Edge's requests to LiveDist servers (guide §5.1, IHttpClient). `HttpClient` is the reference implementation;
 * a test may call a server in the same process. Failures to reach a server reject with the code Network.
 */
export interface IHttpClient {
  /** The client's row in LiveDistClients (guide §2.7). */
  readonly clientId: string;
  /** Sends a request and gives the bytes of a frames answer as they arrive. Rejects with the error that the server answered. */
  frames(request: Request, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** Sends a request whose answer is a JSON object. */
  json(request: Request, signal?: AbortSignal): Promise<Record<string, unknown>>;
  /** Opens a stream of frames for a FetchDeltas request, or is absent: then the Edge polls. */
  stream?(request: Request, signal?: AbortSignal): Promise<HttpStream>;
  /** Frees what it holds; called by `Edge.close`. */
  close?(): Promise<void>;
}

/** A stream of deltas with flow control: the server sends a window ahead of what was acknowledged. */
export interface HttpStream extends AsyncIterable<Uint8Array> {
  /** Tells the server that everything up to a sequence-number was taken. */
  acknowledge(sequence: number): void;
  close(): void;
}

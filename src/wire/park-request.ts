import { LiveDistError } from "../base/errors.js";
import { parseObject } from "./read-request.js";
import type { FetchDeltasRequest } from "./requests.js";

/** What a son sends first on a WebSocket that it parks at its father (protocol: reverse connections). */
export interface ParkRequest {
  readonly service: "Park";
  /** The son's row in the father's LiveDistClients. */
  readonly clientId: string;
  /** What proves to the father's permit who asks. */
  readonly token?: string;
}

/** What the father answers as soon as the WebSocket is parked. */
export const PARKED = "{}";

/** Reads a Park request; gives undefined where the text is JSON of something else. Throws Request where it is malformed. */
export function readParkRequest(text: string): ParkRequest | undefined {
  const { service, clientId, token } = parseObject(text);
  if (service !== "Park") return undefined;
  if (typeof clientId !== "string" || clientId === "") throw bad("clientId must be a text");
  if (token === undefined) return { service, clientId };
  if (typeof token !== "string" || token === "") throw bad("token must be a text");
  return { service, clientId, token };
}

/** Says in a FetchDeltas request over a parked WebSocket that a stream is wanted, and not one batch. */
export function asStream(request: FetchDeltasRequest): FetchDeltasRequest & { readonly stream: true } {
  return { ...request, stream: true };
}

/** Tells whether the text of a FetchDeltas request asks for a stream. */
export function wantsStream(text: string): boolean {
  return parseObject(text)["stream"] === true;
}

function bad(message: string): LiveDistError {
  return new LiveDistError("Request", message);
}

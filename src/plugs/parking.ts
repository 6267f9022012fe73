import type { ParkRequest } from "../wire/park-request.js";
import type { WebSocketLike } from "./web-socket-like.js";

/**
 * Takes the connections that sons open and park at their father, to be asked over them (guide §2.6; protocol: reverse
 * connections). The site has it; an IHttpServer brings it what comes.
 */
export interface IParking {
  /**
   * Takes an open WebSocket whose first message was the request; the site alone sends on it from then on. Gives a signal that
   * aborts, with the reason, when the client is not served any more: the socket has to be closed then. `signal` has to abort when the socket is closed.
   * Rejects with UnknownClient, ClientDisabled or Permission.
   */
  park(request: ParkRequest, socket: WebSocketLike, signal: AbortSignal): Promise<AbortSignal>;
}

import { whenAborted } from "../../base/when-aborted.js";
import type { ClientWatch } from "../../delta-server/client-watch.js";
import type { IParking } from "../../plugs/parking.js";
import type { IPermit } from "../../plugs/permit.js";
import type { WebSocketLike } from "../../plugs/web-socket-like.js";
import { PARKED, type ParkRequest } from "../../wire/park-request.js";
import type { ParkedSockets } from "./parked-sockets.js";

/** Lets the clients of a site park connections: those that the permit accepts and that LiveDistClients has, not disabled. */
export class Parking implements IParking {
  readonly #sockets: ParkedSockets;
  readonly #clients: Pick<ClientWatch, "begin">;
  readonly #permit: IPermit;

  constructor(sockets: ParkedSockets, clients: Pick<ClientWatch, "begin">, permit: IPermit) {
    this.#sockets = sockets;
    this.#clients = clients;
    this.#permit = permit;
  }

  async park(request: ParkRequest, socket: WebSocketLike, signal: AbortSignal): Promise<AbortSignal> {
    const { service, clientId, token: credentials } = request;
    const nothing = { tracking: undefined, topicsSlice: undefined, techIdCount: 0, isSite: true };
    await this.#permit.check({ service, clientId, ...nothing, credentials });
    const work = await this.#clients.begin(clientId, signal);
    whenAborted(work.signal, work.end);
    work.signal.throwIfAborted();
    // First: who waits for the connection sends a request at once.
    socket.send(PARKED);
    this.#sockets.put(clientId, socket);
    return work.signal;
  }
}

import type { Clock } from "../../base/clock.js";
import type { Logger } from "../../base/logger.js";
import type { Random } from "../../base/random.js";
import type { IHttpClient } from "../../plugs/http-client.js";
import type { IParking } from "../../plugs/parking.js";
import type { IPermit } from "../../plugs/permit.js";
import type { SiteServers } from "../site-servers.js";
import { ParkedSockets } from "./parked-sockets.js";
import { Parking } from "./parking.js";
import { ReverseClient, type ReverseClientOptions } from "./reverse-client.js";
import { ReverseServer } from "./reverse-server.js";

export interface ReverseConnectionsOptions {
  readonly servers: Pick<SiteServers, "service" | "clients">;
  readonly applicationSuffix: string;
  readonly permit: IPermit;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * The connections of a site that carry requests against the direction in which they were opened: those that its sons park here,
 * and those that it parks at its father.
 */
export class ReverseConnections {
  /** Takes what the site's sons park. */
  readonly parking: IParking;
  readonly #options: ReverseConnectionsOptions;
  readonly #sockets: ParkedSockets;

  constructor(options: ReverseConnectionsOptions) {
    const { servers, clock, permit } = options;
    this.#options = options;
    this.#sockets = new ParkedSockets(clock);
    this.parking = new Parking(this.#sockets, servers.clients, permit);
  }

  /** Makes what carries requests to a son over connections that it parks here. `peer` is its ClientId here. */
  clientOf(client: Pick<ReverseClientOptions, "clientId" | "peer" | "token">): IHttpClient {
    return new ReverseClient({ ...client, sockets: this.#sockets, clock: this.#options.clock });
  }

  /** Parks connections at the father's servers from now on. A father that reaches this site by a URL leaves them unused. */
  parkAt(fatherServers: readonly string[], siteId: string, token?: string): ReverseServer {
    const { servers, ...rest } = this.#options;
    return new ReverseServer(servers.service, {
      ...rest,
      clientId: siteId,
      servers: fatherServers,
      ...(token !== undefined && { token }),
    });
  }
}

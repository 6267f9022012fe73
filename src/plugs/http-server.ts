import type { Logger } from "../base/logger.js";
import type { LiveDistService } from "../wire/live-dist-service.js";
import type { CarrierReadings } from "./carrier-readings.js";
import type { OperatorPage } from "./operator-page.js";
import type { IWebConsole } from "./web-console.js";
import type { IParking } from "./parking.js";
import type { IPermit } from "./permit.js";

/** The files of a certificate and its private key, as PEM; they may be replaced while the server runs. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** What a server is given to listen with. */
export interface HttpServerOptions {
  /** LiveDistHost; with `allowAll` as the permit, a loopback host. */
  readonly host: string;
  /** LiveDistPort: the TCP port; 0 takes any that is free. */
  readonly port: number;
  /** What follows LiveDist in the paths (guide §7.2, LiveDistApplicationSuffix). */
  readonly applicationSuffix: string;
  /** Where the certificate is (LiveDistTlsCertFile, LiveDistTlsKeyFile); absent: the server speaks plain http. */
  readonly tls?: TlsFiles | undefined;
  readonly logger: Logger;
  /**
   * The service asks it by itself about every client's request. The server asks it about Notify, which names no client, unless
   * it knows that the request comes from its own machine.
   */
  readonly permit: IPermit;
  /** Takes the connections that sons behind a firewall park; absent where the site takes none. */
  readonly parking?: IParking | undefined;
  /** Metrics and health, for who can answer GET at a path. */
  readonly pages?: readonly OperatorPage[];
  /** Answers GET and POST below the folder of the servers' paths; absent where there is no console. */
  readonly webConsole?: IWebConsole | undefined;
}

/** A service that is being served. */
export interface HttpServing {
  /** Where it is reached, as clients are told: "http://127.0.0.1:8080". */
  readonly url: string;
  /**
   * Ends it: nothing is accepted any more, requests and streams that run are aborted and answered with the code Closed. Resolves
   * when nothing of it is left. May be called again.
   */
  close(): Promise<void>;
  /** Tells how much it carries, for metrics; absent where nothing is counted. */
  readings?(): CarrierReadings;
}

/**
 * Carries clients' requests to a LiveDist service (guide §5.2, IHttpServer); how they travel is settled between it and the
 * clients' IHttpClient. `HttpServer` is the reference implementation.
 *
 * Requests come from anyone: `readRequest` checks them. `status` and `notify` are called directly; the other services are given
 * a signal, which has to abort when their client is gone, and what they reject with is answered (`toWireError`).
 */
export interface IHttpServer {
  /** Begins to listen. Rejects with Config where it cannot do so as asked. */
  listen(service: LiveDistService, options: HttpServerOptions): Promise<HttpServing>;
}

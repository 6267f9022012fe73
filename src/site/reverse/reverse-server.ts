import { WebSocket } from "ws";
import { type Clock, systemClock } from "../../base/clock.js";
import type { Logger } from "../../base/logger.js";
import { REVERSE_ANSWERS_MAX } from "../../base/limits.js";
import { type Random, systemRandom } from "../../base/random.js";
import { Backoff } from "../../edge/backoff.js";
import { type Token, withToken } from "../../edge/http-client.js";
import { type HttpLimits, httpLimits } from "../../http/http-limits.js";
import { RunningWorks } from "../../http/running-works.js";
import type { LiveDistService } from "../../wire/live-dist-service.js";
import type { ParkRequest } from "../../wire/park-request.js";
import { serverPath } from "../../wire/requests.js";
import { ReverseConnection, type ReverseContext } from "./reverse-connection.js";

export interface ReverseServerOptions {
  /** This site's ClientId at its father. */
  readonly clientId: string;
  /** URLs of the father's servers; at each of them one connection is kept parked. */
  readonly servers: readonly string[];
  /** LiveDistApplicationSuffix of the father's servers. Default: "1". */
  readonly applicationSuffix?: string;
  /** Proves to the father's permit who parks. */
  readonly token?: Token;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Smaller limits, for tests. */
  readonly limits?: Partial<HttpLimits>;
}

/**
 * Serves a father's requests over connections that this site opens, so that it needs no port that the father can reach (guide
 * §2.6; protocol: reverse connections). Begins at once, and goes on until it is closed: where the father is away or refuses, it
 * comes back after longer and longer times.
 */
export class ReverseServer {
  readonly #options: ReverseServerOptions;
  readonly #context: ReverseContext;
  readonly #random: Random;
  readonly #works = new RunningWorks();
  readonly #sockets = new Set<WebSocket>();
  readonly #closing = new AbortController();
  readonly #loops: Promise<unknown>;
  #closed: Promise<void> | undefined;

  constructor(service: LiveDistService, options: ReverseServerOptions) {
    const { logger, clock = systemClock, random = systemRandom } = options;
    this.#options = options;
    this.#random = random;
    this.#context = { service, logger, clock, works: this.#works, limits: { ...httpLimits, ...options.limits } };
    this.#loops = Promise.all(options.servers.map((server) => this.#keepParked(server)));
  }

  /** Ends what is being answered with the code Closed, and frees everything. May be called again. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    const { clock, limits } = this.#context;
    const cancel = clock.after(limits.closeMsMax, () => {
      for (const socket of this.#sockets) socket.terminate();
    });
    await Promise.all([this.#works.close(), this.#loops]);
    cancel();
  }

  async #keepParked(server: string): Promise<void> {
    const backoff = new Backoff(this.#context.clock, this.#random);
    const answering = new Set<Promise<void>>();
    while (!this.#closing.signal.aborted) await this.#park(server, backoff, answering);
  }

  /** Parks one connection at a server until it is taken; then the next may be. Where that fails it waits. Never rejects. */
  async #park(server: string, backoff: Backoff, answering: Set<Promise<void>>): Promise<void> {
    const { signal } = this.#closing;
    try {
      const connection = await this.#open(server);
      await connection.parked;
      backoff.reset();
      await connection.taken;
      answering.add(connection.ended);
      void connection.ended.then(() => answering.delete(connection.ended));
      if (answering.size >= REVERSE_ANSWERS_MAX) await Promise.race(answering);
    } catch (error) {
      if (signal.aborted) return;
      this.#context.logger.info({ err: error, server }, "no connection is parked at the father; trying again");
      await backoff.wait(signal);
    }
  }

  async #open(server: string): Promise<ReverseConnection> {
    const { limits } = this.#context;
    const request = await this.#request();
    const work = this.#works.begin();
    const url =
      server.replace(/\/+$/, "").replace(/^http/i, "ws") + serverPath(this.#options.applicationSuffix ?? "1", "delta");
    const maxPayload = limits.requestBytesMax + limits.techIdsBytesMax;
    const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload });
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    return new ReverseConnection(socket, request, this.#context, work);
  }

  async #request(): Promise<ParkRequest> {
    const { clientId, token } = this.#options;
    const request = { service: "Park", clientId } as const;
    return token === undefined ? request : withToken(request, token, this.#closing.signal);
  }
}

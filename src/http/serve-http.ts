import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import { type Clock, systemClock } from "../base/clock.js";
import type { HttpServerOptions, HttpServing } from "../plugs/http-server.js";
import { allowAll, type IPermit } from "../plugs/permit.js";
import type { LiveDistService } from "../wire/live-dist-service.js";
import { serverPath } from "../wire/requests.js";
import { answerRequests } from "./answer-requests.js";
import { BodyRoom } from "./body-room.js";
import type { HttpContext } from "./http-context.js";
import { type HttpLimits, httpLimits } from "./http-limits.js";
import { listen } from "./listen.js";
import { LoadSlots } from "./load-slots.js";
import { checkLoopback } from "./loopback.js";
import { RunningWorks } from "./running-works.js";
import { serveStreams } from "./serve-streams.js";
import { SharedMessages } from "./shared-messages.js";

export interface ServeHttpOptions extends Omit<HttpServerOptions, "permit"> {
  /** Default: `allowAll`. */
  readonly permit?: IPermit;
  readonly clock?: Clock;
  /** Smaller limits, for tests. */
  readonly limits?: Partial<HttpLimits>;
}

/**
 * Serves a LiveDist service over HTTP and WebSockets (guide §7.3; docs/protocol.md). Rejects with Config where it cannot
 * listen as asked; the message names the key to be corrected.
 *
 * At `close`, requests and streams end with the code Closed (WebSockets with 1001); after CLOSE_MS_MAX milliseconds what is left
 * is cut off.
 */
export async function serveHttp(service: LiveDistService, options: ServeHttpOptions): Promise<HttpServing> {
  checkLoopback(options.host, options.permit);
  const context = contextOf(service, options);
  const server = httpServer(context);
  const sockets = socketsOf(server);
  const url = await listen(server, options.host, options.port);
  server.on("error", (error) => options.logger.error({ err: error }, "the HTTP server failed"));
  let closed: Promise<void> | undefined;
  return { url, close: () => (closed ??= closeServer(server, sockets, context)) };
}

function contextOf(service: LiveDistService, options: ServeHttpOptions): HttpContext {
  const { applicationSuffix, logger, permit = allowAll, clock = systemClock } = options;
  const limits = { ...httpLimits, ...options.limits };
  return {
    service,
    permit,
    parking: options.parking,
    logger,
    clock,
    limits,
    paths: { delta: serverPath(applicationSuffix, "delta"), cache: serverPath(applicationSuffix, "cache") },
    works: new RunningWorks(limits.requestsMax),
    bodies: new BodyRoom(limits.bodiesBytesMax),
    loads: new LoadSlots(limits.loadsMax),
    messages: new SharedMessages(),
  };
}

function httpServer(context: HttpContext): Server {
  const { limits } = context;
  const times = {
    headersTimeout: limits.headersMsMax,
    requestTimeout: limits.requestMsMax,
    connectionsCheckingInterval: limits.headersMsMax / 2,
    keepAliveTimeout: limits.keepAliveMsMax,
  };
  const server = createServer(times, answerRequests(context));
  server.timeout = limits.connectionIdleMsMax;
  server.maxConnections = limits.connectionsMax;
  serveStreams(server, context);
  return server;
}

/** Keeps the open connections of a server, whoever works with them. */
function socketsOf(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    // Each request that runs on it hears of its end, and a client may send any number behind each other.
    socket.setMaxListeners(0);
    socket.once("close", () => sockets.delete(socket));
  });
  return sockets;
}

async function closeServer(server: Server, sockets: ReadonlySet<Socket>, context: HttpContext): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const ended = Promise.all([closed, context.works.close()]);
  // A connection that never asked for anything (browsers open them ahead) is not among those that Node closes as idle.
  for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  await new Promise<void>((resolve) => {
    const cancel = context.clock.after(context.limits.closeMsMax, resolve);
    void ended.then(() => {
      cancel();
      resolve();
    });
  });
  for (const socket of sockets) socket.destroy();
  await closed;
}

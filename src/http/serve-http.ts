import { createServer, type Server, type ServerOptions } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { WebSocket } from "ws";
import { type Clock, systemClock } from "../base/clock.js";
import type { CarrierReadings } from "../plugs/carrier-readings.js";
import type { HttpServerOptions, HttpServing } from "../plugs/http-server.js";
import { allowAll, type IPermit } from "../plugs/permit.js";
import type { LiveDistService } from "../wire/live-dist-service.js";
import { serverPath } from "../wire/requests.js";
import { answerRequests } from "./answer-requests.js";
import { BodyRoom } from "./body-room.js";
import { Connections } from "./connections.js";
import { FailureCounts } from "./failure-counts.js";
import type { HttpContext } from "./http-context.js";
import { type HttpLimits, httpLimits } from "./http-limits.js";
import { listen } from "./listen.js";
import { LoadSlots } from "./load-slots.js";
import { checkLoopback } from "./loopback.js";
import { RunningWorks } from "./running-works.js";
import { serveStreams } from "./serve-streams.js";
import { SharedMessages } from "./shared-messages.js";
import { TlsCredentials } from "./tls-credentials.js";

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
  const tls = options.tls && (await TlsCredentials.read(options.tls));
  const server = httpServer(context, tls);
  const connections = new Connections(server);
  const webSockets = serveStreams(server, context);
  const url = await listen(server, options.host, options.port, tls ? "https" : "http");
  server.on("error", (error) => options.logger.error({ err: error }, "the HTTP server failed"));
  let closed: Promise<void> | undefined;
  return {
    url,
    close: () => {
      tls?.stop();
      return (closed ??= closeServer(server, connections, context));
    },
    readings: () => ({ ...readingsOf(context, connections, webSockets), certificateEndsMs: tls?.endsMs }),
  };
}

function contextOf(service: LiveDistService, options: ServeHttpOptions): HttpContext {
  const { applicationSuffix, logger, permit = allowAll, clock = systemClock } = options;
  const limits = { ...httpLimits, ...options.limits };
  return {
    service,
    permit,
    parking: options.parking,
    webConsole: options.webConsole,
    logger,
    clock,
    limits,
    paths: { delta: serverPath(applicationSuffix, "delta"), cache: serverPath(applicationSuffix, "cache") },
    works: new RunningWorks(limits.requestsMax),
    bodies: new BodyRoom(limits.bodiesBytesMax),
    loads: new LoadSlots(limits.loadsMax),
    messages: new SharedMessages(),
    failures: new FailureCounts(),
    pages: options.pages ?? [],
  };
}

function httpServer(context: HttpContext, tls: TlsCredentials | undefined): Server {
  const { limits, clock, logger } = context;
  const times = {
    headersTimeout: limits.headersMsMax,
    requestTimeout: limits.requestMsMax,
    connectionsCheckingInterval: limits.headersMsMax / 2,
    keepAliveTimeout: limits.keepAliveMsMax,
  };
  const server = tls ? tlsServer(tls, times, context) : createServer(times, answerRequests(context));
  if (tls) tls.keepCurrent(server as TlsServer, clock, logger);
  server.timeout = limits.connectionIdleMsMax;
  server.maxConnections = limits.connectionsMax;
  return server;
}

function tlsServer({ pair }: TlsCredentials, times: ServerOptions, context: HttpContext): TlsServer {
  const handshakeTimeout = context.limits.headersMsMax;
  return createTlsServer({ ...times, ...pair, handshakeTimeout }, answerRequests(context));
}

function readingsOf(
  { limits, works, bodies, loads, failures }: HttpContext,
  connections: Connections,
  webSockets: ReadonlySet<WebSocket>,
): Omit<CarrierReadings, "certificateEndsMs"> {
  const { received, sent } = connections.bytes();
  return {
    connections: { now: connections.sockets.size, max: limits.connectionsMax },
    streams: { now: webSockets.size, max: limits.socketsMax },
    requests: { now: works.count, max: limits.requestsMax },
    loads: { now: loads.taken, max: limits.loadsMax },
    bodyBytes: { now: bodies.bytes, max: limits.bodiesBytesMax },
    connectionsTotal: connections.total,
    receivedBytesTotal: received,
    sentBytesTotal: sent,
    failures: failures.counts,
  };
}

async function closeServer(server: Server, { sockets }: Connections, context: HttpContext): Promise<void> {
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

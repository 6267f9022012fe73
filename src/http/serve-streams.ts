import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { tokenOfSubprotocols } from "../wire/token-protocol.js";
import type { HttpContext } from "./http-context.js";
import { HttpError, isServerFault } from "./http-error.js";
import { refuseUpgrade } from "./refuse-upgrade.js";
import { bearerOf, checkHost, checkOrigin } from "./request-guards.js";
import { WebSocketStream } from "./web-socket-stream.js";

/** Serves streams of deltas to the WebSockets that are opened on the delta server's path. Gives the WebSockets that are open. */
export function serveStreams(server: Server, context: HttpContext): ReadonlySet<WebSocket> {
  const { limits, logger, works, failures, permit } = context;
  const sockets = new Set<WebSocket>();
  const strangers = webSockets(limits.strangerBodyBytesMax);
  const others = webSockets(limits.requestBytesMax);

  function accept(request: IncomingMessage, socket: Duplex, head: Buffer, to: WebSocketServer): void {
    if (sockets.size >= limits.socketsMax) throw full(limits.socketsMax);
    // Before the handshake, which is done at once: behind it an answer of HTTP would be taken for frames.
    works.checkRoom();
    to.handleUpgrade(request, socket, head, (webSocket) => {
      sockets.add(webSocket);
      webSocket.on("close", () => sockets.delete(webSocket));
      new WebSocketStream(webSocket, socket, context, works.begin());
    });
  }

  /** What is shown decides how much may be sent before the permit is asked about the request itself. */
  async function admit(request: IncomingMessage, socket: Duplex, head: Buffer, token: string): Promise<void> {
    const ignore = (): void => undefined;
    socket.on("error", ignore);
    await permit.admit!(token);
    socket.off("error", ignore);
    accept(request, socket, head, others);
  }

  server.on("upgrade", (request, socket, head) => {
    const refuse = (error: unknown): void => {
      failures.count(error);
      if (isServerFault(error)) logger.error({ err: error }, "an upgrade failed");
      refuseUpgrade(socket, error);
    };
    try {
      checkUpgrade(request, context);
      const token = bearerOf(request) ?? tokenOfSubprotocols(request.headers["sec-websocket-protocol"]);
      if (permit.admit === undefined) accept(request, socket, head, others);
      else if (token === undefined) accept(request, socket, head, strangers);
      else admit(request, socket, head, token).catch(refuse);
    } catch (error) {
      refuse(error);
    }
  });
  return sockets;
}

function webSockets(maxPayload: number): WebSocketServer {
  return new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload });
}

function checkUpgrade(request: IncomingMessage, { paths, permit }: HttpContext): void {
  checkHost(request, permit);
  checkOrigin(request);
  if (request.headers.upgrade?.toLowerCase() !== "websocket") {
    // Some clients offer HTTP/2 (h2c) by themselves; Node hands the connection over for any upgrade.
    throw new HttpError(400, "Request", "the only upgrade is websocket: send HTTP/1.1 without an Upgrade header");
  }
  if (request.url?.split("?", 1)[0] !== paths.delta) {
    throw new HttpError(404, "Request", `there is no stream here: WebSockets are served at ${paths.delta}`);
  }
}

function full(socketsMax: number): HttpError {
  return new HttpError(503, "Limit", `${socketsMax} streams are open already (SOCKETS_MAX)`, { "Retry-After": "1" });
}

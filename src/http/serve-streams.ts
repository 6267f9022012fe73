import type { IncomingMessage, Server } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import type { HttpContext } from "./http-context.js";
import { HttpError, isServerFault } from "./http-error.js";
import { refuseUpgrade } from "./refuse-upgrade.js";
import { checkHost, checkOrigin } from "./request-guards.js";
import { WebSocketStream } from "./web-socket-stream.js";

/** Serves streams of deltas to the WebSockets that are opened on the delta server's path. Gives the WebSockets that are open. */
export function serveStreams(server: Server, context: HttpContext): ReadonlySet<WebSocket> {
  const { limits, logger, works, failures } = context;
  const webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: limits.requestBytesMax,
  });
  server.on("upgrade", (request, socket, head) => {
    try {
      checkUpgrade(request, context);
      if (webSockets.clients.size >= limits.socketsMax) throw full(limits.socketsMax);
      // Before the handshake, which is done at once: behind it an answer of HTTP would be taken for frames.
      works.checkRoom();
      webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        new WebSocketStream(webSocket, socket, context, works.begin());
      });
    } catch (error) {
      failures.count(error);
      if (isServerFault(error)) logger.error({ err: error }, "an upgrade failed");
      refuseUpgrade(socket, error);
    }
  });
  return webSockets.clients;
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

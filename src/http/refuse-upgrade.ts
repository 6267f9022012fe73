import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { toWireError } from "../base/errors.js";
import { answerHeaders } from "./answer-headers.js";
import { headersOf, statusOf } from "./http-error.js";

/** Answers a request for an upgrade with an error and closes its connection, which no longer belongs to Node's HTTP server. */
export function refuseUpgrade(socket: Duplex, error: unknown): void {
  const status = statusOf(error);
  const body = Buffer.from(JSON.stringify({ error: toWireError(error) }));
  const headers = {
    ...answerHeaders,
    ...headersOf(error),
    Connection: "close",
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": String(body.length),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  // The client may be gone; then nobody wants the answer.
  socket.on("error", () => undefined);
  socket.once("finish", () => socket.destroy());
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n`);
  socket.end(body);
}

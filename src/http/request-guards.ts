import type { IncomingMessage } from "node:http";
import { PermissionError } from "../base/errors.js";
import { HttpError } from "./http-error.js";
import { isLoopback } from "./loopback.js";

/**
 * Throws Permission where the Host header names no loopback host. A page from elsewhere whose name was made to lead to this
 * machine (DNS rebinding) is of the same origin to its browser; only the Host header gives it away.
 */
export function checkHost(request: IncomingMessage): void {
  const { host } = request.headers;
  const url = urlOf(`http://${host ?? ""}`);
  if (url && isLoopback(url.hostname.replace(/^\[(.*)\]$/, "$1"))) return;
  throw new PermissionError("the Host header has to name this machine: localhost, 127.0.0.1 or [::1]");
}

/** Throws Permission where a browser sends the request for a page that came from another host. */
export function checkOrigin(request: IncomingMessage): void {
  const { origin, host } = request.headers;
  if (origin === undefined) return;
  const page = urlOf(origin)?.host;
  if (page !== undefined && page === urlOf(`http://${host ?? ""}`)?.host) return;
  throw new PermissionError("pages of other hosts may not use this server (Origin header)");
}

/** Throws Request where the body is not said to be plain JSON: forms, which any page may post, never are. */
export function checkJson(request: IncomingMessage): void {
  const { "content-type": type = "", "content-encoding": encoding = "identity" } = request.headers;
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new HttpError(415, "Request", "the body must have the Content-Type application/json");
  }
  if (encoding !== "identity") throw new HttpError(415, "Request", "the body must come without a Content-Encoding");
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

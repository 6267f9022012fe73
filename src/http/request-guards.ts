import type { IncomingMessage } from "node:http";
import { PermissionError } from "../base/errors.js";
import { allowAll, type IPermit } from "../plugs/permit.js";
import { JSON_CONTENT_TYPE, REQUEST_CONTENT_TYPE } from "../wire/request-body.js";
import { HttpError } from "./http-error.js";
import { isLoopback } from "./loopback.js";

/** Nearly every request names the Host of the one before it, and to take it apart is a tenth of what a small POST costs. */
let lastLoopbackHost: string | undefined;

/**
 * Throws Permission where the Host header names no loopback host. A page from elsewhere whose name was made to lead to this
 * machine (DNS rebinding) is of the same origin to its browser; only the Host header gives it away. With a permit the server may
 * have any name: there the page lacks the client's token.
 */
export function checkHost(request: IncomingMessage, permit: IPermit = allowAll): void {
  if (permit !== allowAll) return;
  const { host } = request.headers;
  if (host !== undefined && host === lastLoopbackHost) return;
  const url = urlOf(`http://${host ?? ""}`);
  if (url && isLoopback(url.hostname.replace(/^\[(.*)\]$/, "$1"))) {
    lastLoopbackHost = host;
    return;
  }
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

/** Gives the token of the header `Authorization: Bearer`, or undefined. */
export function bearerOf({ headers }: IncomingMessage): string | undefined {
  return headers.authorization === undefined ? undefined : /^Bearer +(\S+)$/i.exec(headers.authorization)?.[1];
}

/**
 * Gives the form of a request's body: JSON alone, or with tech-ids behind it. Throws Request where it is said to be anything
 * else: forms, which any page may post, never are one of these.
 */
export function bodyFormOf(request: IncomingMessage): "json" | "withTechIds" {
  const { "content-type": type = "", "content-encoding": encoding = "identity" } = request.headers;
  if (encoding !== "identity") throw new HttpError(415, "Request", "the body must come without a Content-Encoding");
  const [mediaType = ""] = type.split(";");
  switch (mediaType.trim().toLowerCase()) {
    case JSON_CONTENT_TYPE:
      return "json";
    case REQUEST_CONTENT_TYPE:
      return "withTechIds";
    default:
      throw new HttpError(
        415,
        "Request",
        `the body must have the Content-Type ${JSON_CONTENT_TYPE} or ${REQUEST_CONTENT_TYPE}`,
      );
  }
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

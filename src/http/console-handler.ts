import type { NextFunction, Request, Response } from "express";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { IWebConsole, ConsoleAnswer, ConsoleRequest } from "../plugs/web-console.js";
import type { HttpContext } from "./http-context.js";
import { HttpError } from "./http-error.js";
import { readBody, textOf } from "./read-body.js";
import { bearerOf, bodyFormOf, checkOrigin } from "./request-guards.js";

type ConsoleHandler = (request: Request, response: Response, next: NextFunction) => Promise<void>;

/** Nothing from elsewhere, nothing inline, in no frame: a page of ours needs none of it. */
const consoleHeaders = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "Referrer-Policy": "no-referrer",
  "X-Frame-Options": "DENY",
} as const;

/** Makes what serves the console below the folder of the servers' paths, and leaves other paths to who comes next. */
export function consoleHandler(webConsole: IWebConsole, context: HttpContext): ConsoleHandler {
  const folder = context.paths.delta.slice(0, context.paths.delta.lastIndexOf("/") + 1);
  return async (request, response, next) => {
    const [pathname = "", query = ""] = request.url.split("?", 2);
    if (`${pathname}/` === folder) {
      response.redirect(308, folder);
      return;
    }
    if (!pathname.startsWith(folder)) {
      next();
      return;
    }
    const path = pathname.slice(folder.length);
    if (!webConsole.isForEveryone(path)) await checkAdministrator(request, context);
    const work = context.works.begin();
    try {
      const answer = await askConsole(webConsole, request, { path, query: new URLSearchParams(query) }, context);
      if (answer) sendAnswer(response, answer);
      else next();
    } finally {
      context.works.end(work);
    }
  };
}

/** Rejects with what the permit refuses with: the console tells of all clients, and changes their rows. */
async function checkAdministrator(request: IncomingMessage, { permit }: HttpContext): Promise<void> {
  const nobody = { clientId: undefined, tracking: undefined, topicsSlice: undefined, techIdCount: 0, isSite: false };
  await permit.check({ service: "Administer", ...nobody, credentials: bearerOf(request) });
}

async function askConsole(
  webConsole: IWebConsole,
  request: IncomingMessage,
  asked: Pick<ConsoleRequest, "path" | "query">,
  context: HttpContext,
): Promise<ConsoleAnswer | undefined> {
  switch (request.method) {
    case "GET":
    case "HEAD":
      return webConsole.answer({ ...asked, method: "GET", body: undefined });
    case "POST":
      checkOrigin(request);
      return webConsole.answer({ ...asked, method: "POST", body: await readJson(request, context) });
    default:
      throw new HttpError(405, "Request", `${request.method} is not served here`, { Allow: "GET, HEAD, POST" });
  }
}

async function readJson(request: IncomingMessage, { limits, bodies }: HttpContext): Promise<string> {
  if (bodyFormOf(request) !== "json") throw new HttpError(415, "Request", "the body must be JSON");
  let bodyBytes = 0;
  const take = (bytes: number): void => {
    bodies.take(bytes);
    bodyBytes += bytes;
  };
  try {
    return textOf(await readBody(request, limits.requestBytesMax, take));
  } finally {
    bodies.free(bodyBytes);
  }
}

function sendAnswer(response: ServerResponse, { contentType, body }: ConsoleAnswer): void {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  for (const [name, value] of Object.entries(consoleHeaders)) response.setHeader(name, value);
  response.setHeader("Content-Type", contentType);
  response.setHeader("Content-Length", bytes.length);
  response.end(response.req.method === "HEAD" ? undefined : bytes);
}

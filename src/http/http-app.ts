import express, { type Express, type NextFunction, type Request, type RequestHandler, type Response } from "express";
import type { ServerRole } from "../wire/requests.js";
import { answerError } from "./answer-error.js";
import { answerHeaders } from "./answer-headers.js";
import type { HttpContext } from "./http-context.js";
import { HttpError } from "./http-error.js";
import { postHandler } from "./post-handler.js";
import { skipBody } from "./read-body.js";
import { checkHost } from "./request-guards.js";

const roles: readonly ServerRole[] = ["delta", "cache"];

/** Makes the application that answers the requests of one HTTP server; upgrades do not come here. */
export function httpApp(context: HttpContext): Express {
  const app = express();
  for (const setting of ["x-powered-by", "etag", "query parser"]) app.disable(setting);
  for (const setting of ["case sensitive routing", "strict routing"]) app.enable(setting);
  app.use(prepare(context));
  for (const role of roles) {
    app.route(context.paths[role]).get(statusHandler(role, context)).post(postHandler(role, context)).all(refuseMethod);
  }
  app.use(refusePath(context));
  // Express knows a handler of errors by its four parameters.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  app.use(async (error: unknown, request: Request, response: Response, _next: NextFunction) => {
    await skipBody(request);
    answerError(response, error, context.logger);
  });
  return app;
}

function prepare({ works, permit }: HttpContext): RequestHandler {
  return (request, response, next) => {
    response.set(answerHeaders);
    // A connection kept for a next request would hold up closing.
    response.once("close", () => {
      if (works.isClosed) request.socket.destroySoon();
    });
    checkHost(request, permit);
    next();
  };
}

function statusHandler(role: ServerRole, { service }: HttpContext): RequestHandler {
  return (_request, response) => {
    response.type("json").send(`${JSON.stringify(service.status(role), undefined, 2)}\n`);
  };
}

const refuseMethod: RequestHandler = (request) => {
  throw new HttpError(405, "Request", `${request.method} is not served here: POST a request or GET the status`, {
    Allow: "GET, HEAD, POST",
  });
};

function refusePath({ paths }: HttpContext): RequestHandler {
  return () => {
    throw new HttpError(404, "Request", `there is nothing here: the paths are ${paths.delta} and ${paths.cache}`);
  };
}

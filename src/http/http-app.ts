import express, { type Express, type NextFunction, type Request, type RequestHandler, type Response } from "express";
import type { OperatorPage } from "../plugs/operator-page.js";
import type { ServerRole } from "../wire/requests.js";
import { answerFailure } from "./answer-failure.js";
import { beginAnswer } from "./begin-answer.js";
import type { HttpContext } from "./http-context.js";
import { HttpError } from "./http-error.js";
import { consoleHandler } from "./console-handler.js";
import { bearerOf } from "./request-guards.js";
import { postHandler } from "./post-handler.js";

const roles: readonly ServerRole[] = ["delta", "cache"];

/** Makes the application that answers every request, also those that commonly do not come to it (see `answerRequests`). */
export function httpApp(context: HttpContext): Express {
  const app = express();
  for (const setting of ["x-powered-by", "etag", "query parser"]) app.disable(setting);
  for (const setting of ["case sensitive routing", "strict routing"]) app.enable(setting);
  app.use((request, response, next) => {
    beginAnswer(request, response, context);
    next();
  });
  for (const role of roles) {
    app.route(context.paths[role]).get(statusHandler(role, context)).post(postHandler(role, context)).all(refuseMethod);
  }
  for (const page of context.pages) app.route(page.path).get(pageHandler(page)).all(refuseMethod);
  if (context.webConsole) app.use(consoleHandler(context.webConsole, context));
  app.use(refusePath(context));
  // Express knows a handler of errors by its four parameters.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) =>
    answerFailure(request, response, error, context),
  );
  return app;
}

function statusHandler(role: ServerRole, { service }: HttpContext): RequestHandler {
  return (_request, response) => {
    response.type("json").send(`${JSON.stringify(service.status(role), undefined, 2)}\n`);
  };
}

function pageHandler(page: OperatorPage): RequestHandler {
  return async (request, response) => {
    const { status, contentType, body } = await page.answer({ credentials: bearerOf(request) });
    response.status(status).set("Content-Type", contentType).send(body);
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

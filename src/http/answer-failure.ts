import type { IncomingMessage, ServerResponse } from "node:http";
import { toWireError } from "../base/errors.js";
import { errorFrame } from "../wire/frames.js";
import { answerJson } from "./answer-json.js";
import type { HttpContext } from "./http-context.js";
import { headersOf, isServerFault, statusOf } from "./http-error.js";
import { skipBody } from "./read-body.js";

/** Answers with an error, once the whole request is there. Never rejects. */
export async function answerFailure(
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  { logger, failures }: Pick<HttpContext, "logger" | "failures">,
): Promise<void> {
  failures.count(error);
  await skipBody(request);
  const [path] = request.url!.split("?", 1);
  if (isServerFault(error)) logger.error({ err: error, path }, "a request failed");
  else logger.debug({ err: error, path }, "a request was refused");
  answerError(response, error);
}

/** Answers as status and JSON, or by the last frame where frames were sent before. */
function answerError(response: ServerResponse, error: unknown): void {
  if (response.destroyed || response.writableEnded) return;
  if (response.headersSent) {
    response.end(errorFrame(error));
    return;
  }
  for (const [name, value] of Object.entries(headersOf(error))) response.setHeader(name, value);
  answerJson(response, statusOf(error), { error: toWireError(error) });
}

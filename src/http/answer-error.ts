import type { Response } from "express";
import type { Logger } from "../base/logger.js";
import { toWireError } from "../base/errors.js";
import { errorFrame } from "../wire/frames.js";
import { headersOf, isServerFault, statusOf } from "./http-error.js";

/** Answers with an error: as status and JSON, or as the last frame where frames were sent before. */
export function answerError(response: Response, error: unknown, logger: Logger): void {
  if (isServerFault(error)) logger.error({ err: error, path: response.req.path }, "a request failed");
  else logger.debug({ err: error, path: response.req.path }, "a request was refused");
  if (response.destroyed || response.writableEnded) return;
  if (response.headersSent) response.end(errorFrame(error));
  else
    response
      .status(statusOf(error))
      .set(headersOf(error))
      .json({ error: toWireError(error) });
}

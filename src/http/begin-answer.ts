import type { IncomingMessage, ServerResponse } from "node:http";
import { answerHeaders } from "./answer-headers.js";
import type { HttpContext } from "./http-context.js";
import { checkHost } from "./request-guards.js";

/** Does what stands before the answer to any request. Throws Permission where the Host header is of no host of ours. */
export function beginAnswer(request: IncomingMessage, response: ServerResponse, { works, permit }: HttpContext): void {
  for (const name in answerHeaders) response.setHeader(name, answerHeaders[name as keyof typeof answerHeaders]);
  // A connection kept for a next request would hold up closing.
  response.once("close", () => {
    if (works.isClosed) request.socket.destroySoon();
  });
  checkHost(request, permit);
}

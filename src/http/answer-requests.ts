import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { answerFailure } from "./answer-failure.js";
import { beginAnswer } from "./begin-answer.js";
import { httpApp } from "./http-app.js";
import type { HttpContext } from "./http-context.js";
import { type PostHandler, postHandler } from "./post-handler.js";

/**
 * Makes what answers the requests of one HTTP server; upgrades do not come here. POSTs to the paths of the two servers, which are
 * nearly all that come, go straight to their handlers: by way of express, which does the same for them, each would cost about
 * twice as much (bench/http.ts). Everything else is left to express.
 */
export function answerRequests(context: HttpContext): RequestListener {
  const { paths } = context;
  const app = httpApp(context);
  const posts = new Map([
    [paths.delta, postHandler("delta", context)],
    [paths.cache, postHandler("cache", context)],
  ]);
  return (request, response) => {
    const post = request.method === "POST" ? posts.get(request.url!) : undefined;
    if (post) void answerPost(post, request, response, context);
    else app(request, response);
  };
}

/** Does what express is told to do around a handler. Never rejects. */
async function answerPost(
  post: PostHandler,
  request: IncomingMessage,
  response: ServerResponse,
  context: HttpContext,
): Promise<void> {
  try {
    beginAnswer(request, response, context);
    await post(request, response);
  } catch (error) {
    await answerFailure(request, response, error, context);
  }
}

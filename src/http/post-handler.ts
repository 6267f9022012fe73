import type { IncomingMessage, ServerResponse } from "node:http";
import { LiveDistError, PermissionError } from "../base/errors.js";
import { whenAborted } from "../base/when-aborted.js";
import type { IPermit } from "../plugs/permit.js";
import { readRequest } from "../wire/read-request.js";
import { readRequestBody } from "../wire/request-body.js";
import { type NotifyRequest, type Request, serverOf, type ServerRole } from "../wire/requests.js";
import { type AnswerCarrier, answerRequest } from "./answer-request.js";
import { answerJson } from "./answer-json.js";
import { answerFrames, answerReadyFrames } from "./answer-frames.js";
import type { HttpContext } from "./http-context.js";
import type { HttpLimits } from "./http-limits.js";
import { isLoopback } from "./loopback.js";
import { readBody, textOf } from "./read-body.js";
import { bearerOf, bodyFormOf, checkOrigin } from "./request-guards.js";

/** Answers a POST. Rejects with what is to be answered instead. */
export type PostHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

type TakeBytes = (bytes: number) => void;

/** Makes what serves the POSTs of one server (guide §7.3): reads the request, calls the service, sends its answer. */
export function postHandler(role: ServerRole, context: HttpContext): PostHandler {
  return async (request, response) => {
    checkOrigin(request);
    const work = context.works.begin();
    const leave = () => work.abort(new LiveDistError("Network", "the client went away"));
    // A response that stands behind one that is not answered yet (pipelining) hears nothing of its connection's end.
    const { socket } = request;
    socket.once("close", leave);
    let bodyBytes = 0;
    const take = (bytes: number): void => {
      context.bodies.take(bytes);
      bodyBytes += bytes;
    };
    try {
      await answer(await readFor(role, request, context, take), response, work, context);
    } catch (error) {
      // Once aborted, only the reason is of interest: what the service makes of it is not.
      throw work.signal.aborted ? work.signal.reason : error;
    } finally {
      socket.off("close", leave);
      context.bodies.free(bodyBytes);
      context.works.end(work);
    }
  };
}

async function readFor(
  role: ServerRole,
  httpRequest: IncomingMessage,
  { limits, paths, permit }: HttpContext,
  take: TakeBytes,
): Promise<Request> {
  const token = bearerOf(httpRequest);
  if (token !== undefined) await permit.admit?.(token);
  const isStranger = token === undefined && permit.admit !== undefined;
  const request = withToken(await readForm(httpRequest, limits, take, isStranger), token);
  const server = serverOf[request.service];
  if (server !== role) throw new LiveDistError("Request", `${request.service} has to be posted to ${paths[server]}`);
  return request;
}

/** Lets the programs of this machine notify, which may be told apart by their address; others ask the permit. */
async function checkNotify({ service, token }: NotifyRequest, from: IncomingMessage, permit: IPermit): Promise<void> {
  if (isLoopback(from.socket.remoteAddress ?? "")) return;
  const nobody = { clientId: undefined, tracking: undefined, topicsSlice: undefined, techIdCount: 0, isSite: false };
  await permit.check({ service, ...nobody, credentials: token });
}

/** Reads a request; of somebody of whom nothing is known yet no more than a little. */
async function readForm(
  httpRequest: IncomingMessage,
  limits: HttpLimits,
  take: TakeBytes,
  isStranger: boolean,
): Promise<Request> {
  const isJson = bodyFormOf(httpRequest) === "json";
  const body = isStranger
    ? await readBody(httpRequest, limits.strangerBodyBytesMax, take, aboveStrangers)
    : await readBody(httpRequest, limits.requestBytesMax + (isJson ? 0 : limits.techIdsBytesMax), take);
  return isJson ? readRequest(textOf(body)) : readRequestBody(body);
}

function aboveStrangers(bytesMax: number): LiveDistError {
  const limit = `${bytesMax} bytes (STRANGER_BODY_BYTES_MAX)`;
  return new PermissionError(`with a body above ${limit} the token has to come ahead, in the header Authorization`);
}

/** Takes the token of the header where the request itself has none. */
function withToken(request: Request, token: string | undefined): Request {
  return token === undefined || request.token !== undefined ? request : { ...request, token };
}

async function answer(
  request: Request,
  response: ServerResponse,
  work: AbortController,
  context: HttpContext,
): Promise<void> {
  if (request.service !== "Notify") {
    return answerRequest(context.service, request, work.signal, carrierOf(response, work, context));
  }
  await checkNotify(request, response.req, context.permit);
  context.service.notify();
  answerJson(response, 200, {});
}

function carrierOf(response: ServerResponse, work: AbortController, { loads }: HttpContext): AnswerCarrier {
  return {
    pieces: (begin) =>
      loads.run(async () => {
        const pieces = await begin();
        // While the client takes nothing, nothing is asked of the service: so it would never hear of the end.
        if (pieces.ended) whenAborted(pieces.ended, (reason) => work.abort(reason));
        await answerFrames(response, pieces, work.signal);
      }),
    frames: (frames) => answerReadyFrames(response, frames),
    json: (json) => answerJson(response, 200, json),
  };
}

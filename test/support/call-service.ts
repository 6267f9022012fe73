import { LiveDistError } from "../../src/base/errors.js";
import type { LiveDistService } from "../../src/wire/live-dist-service.js";
import { readRequest } from "../../src/wire/read-request.js";
import { readRequestBody, writeRequestBody } from "../../src/wire/request-body.js";
import type { Request } from "../../src/wire/requests.js";
import { answerBytes } from "./answer-bytes.js";

/** Gives a request as it is at the other end of a wire. */
export function overTheWire(request: Request): Request {
  const { body } = writeRequestBody(request);
  return typeof body === "string" ? readRequest(body) : readRequestBody(body);
}

export function isAnsweredInFrames({ service }: Request): boolean {
  return ["FullLoad", "SyncLoad", "PartialLoad", "LoadEntities", "SelectMinus", "FetchDeltas"].includes(service);
}

/** Asks a service for what is answered in frames. */
export async function framesOf(
  service: LiveDistService,
  request: Request,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  switch (request.service) {
    case "FullLoad":
      return answerBytes(await service.fullLoad(request, signal));
    case "SyncLoad":
      return answerBytes(await service.syncLoad(request, signal));
    case "PartialLoad":
      return answerBytes(await service.partialLoad(request, signal));
    case "LoadEntities":
      return answerBytes(await service.loadEntities(request, signal));
    case "SelectMinus":
      return answerBytes(await service.selectMinus(request, signal));
    case "FetchDeltas":
      return eachOf(await service.fetchDeltas(request, signal));
    default:
      throw new LiveDistError("Request", `${request.service} is not answered in frames`);
  }
}

/** Asks a service for what is answered in JSON. */
export async function jsonOf(service: LiveDistService, request: Request): Promise<object> {
  switch (request.service) {
    case "BeginSession":
      return service.beginSession(request);
    case "SkipLoad":
      return { position: await service.skipLoad(request) };
    case "UnregisterEntities":
      return service.unregisterEntities(request);
    case "ReadClients":
      return service.readClients(request);
    case "Look":
      return service.look(request);
    case "ReadSchema":
      return service.readSchema(request);
    default:
      throw new LiveDistError("Request", `${request.service} is not answered in JSON`);
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- the bytes of an answer arrive asynchronously
async function* eachOf(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

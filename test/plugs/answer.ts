import { readRequest } from "../../src/wire/read-request.js";
import type { LiveDistService } from "../../src/wire/live-dist-service.js";
import type { Request } from "../../src/wire/requests.js";
import { answerBytes } from "../support/answer-bytes.js";

export type Answer = { readonly json: object } | { readonly pieces: AsyncIterable<Uint8Array> };

/** Answers a request that came as text and bytes, however it came: what the server's half of a carrier does. */
export async function answer(
  service: LiveDistService,
  json: string,
  techIds: Uint8Array | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  const request = readRequest(json, techIds);
  switch (request.service) {
    case "FullLoad":
      return { pieces: answerBytes(await service.fullLoad(request, signal)) };
    case "SyncLoad":
      return { pieces: answerBytes(await service.syncLoad(request, signal)) };
    case "PartialLoad":
      return { pieces: answerBytes(await service.partialLoad(request, signal)) };
    case "LoadEntities":
      return { pieces: answerBytes(await service.loadEntities(request, signal)) };
    case "SelectMinus":
      return { pieces: answerBytes(await service.selectMinus(request, signal)) };
    case "FetchDeltas":
      return { pieces: iterate(await service.fetchDeltas(request, signal)) };
    case "SkipLoad":
      return { json: { position: await service.skipLoad(request) } };
    case "ReadClients":
      return { json: await service.readClients(request) };
    case "Look":
      return { json: await service.look(request) };
    case "BeginSession":
      return { json: await service.beginSession(request) };
    case "UnregisterEntities":
      return { json: await service.unregisterEntities(request) };
    case "ReadSchema":
      return { json: await service.readSchema(request) };
    case "Notify":
      service.notify();
      return { json: {} };
  }
}

/** Takes a request apart into what may travel as text, and bytes. */
export function takeApart(request: Request): { json: string; techIds: Uint8Array | undefined } {
  const { techIds, ...rest } = request as Request & { techIds?: Uint8Array };
  return { json: JSON.stringify(rest), techIds };
}

async function* iterate(frames: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const frame of frames) yield await Promise.resolve(frame);
}

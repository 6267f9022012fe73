import type { AnswerPieces, LiveDistService } from "../wire/live-dist-service.js";
import type { Request } from "../wire/requests.js";

/** Takes the answer of one request to who asked; one of its methods is called, once. */
export interface AnswerCarrier {
  /** Begins a load and sends its pieces as they are made. */
  pieces(begin: () => Promise<AnswerPieces>): Promise<void>;
  /** Sends frames that are there already. */
  frames(frames: readonly Uint8Array[]): Promise<void> | void;
  /** Sends an answer that is JSON. */
  json(answer: object): Promise<void> | void;
}

/** Calls the service that a request names, and gives its answer to a carrier. Rejects with what the service rejects with. */
export async function answerRequest(
  service: LiveDistService,
  request: Exclude<Request, { service: "Notify" }>,
  signal: AbortSignal,
  carrier: AnswerCarrier,
): Promise<void> {
  switch (request.service) {
    case "FullLoad":
      return carrier.pieces(() => service.fullLoad(request, signal));
    case "SyncLoad":
      return carrier.pieces(() => service.syncLoad(request, signal));
    case "PartialLoad":
      return carrier.pieces(() => service.partialLoad(request, signal));
    case "LoadEntities":
      return carrier.pieces(() => service.loadEntities(request, signal));
    case "SelectMinus":
      return carrier.pieces(() => service.selectMinus(request, signal));
    case "BeginSession":
      return carrier.json(await service.beginSession(request));
    case "UnregisterEntities":
      return carrier.json(await service.unregisterEntities(request));
    case "FetchDeltas": {
      const frames = await service.fetchDeltas(request, signal);
      signal.throwIfAborted();
      return carrier.frames(frames);
    }
    case "SkipLoad":
      return carrier.json({ position: await service.skipLoad(request) });
    case "ReadClients":
      return carrier.json(await service.readClients(request));
    case "Look":
      return carrier.json(await service.look(request));
    case "ReadSchema": {
      const { schemaName, schemaText } = await service.readSchema(request);
      return carrier.json({ schemaName, schemaText });
    }
  }
}

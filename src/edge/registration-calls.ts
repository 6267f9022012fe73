import { LiveDistError } from "../base/errors.js";
import type { IHttpClient } from "../plugs/http-client.js";
import type { Position } from "../wire/requests.js";
import { abortable } from "./abortable.js";
import type { Standing } from "./standing.js";
import { unpackTechIds } from "./tech-ids.js";

/** Makes the calls about a subscription that are answered with JSON. Nothing is tried twice here. */
export class RegistrationCalls {
  readonly #client: IHttpClient;
  readonly #standing: Standing;

  constructor(client: IHttpClient, standing: Standing) {
    this.#client = client;
    this.#standing = standing;
  }

  /** Goes on from a position. */
  async skipLoad(topicsSlice: string, position: Position, signal: AbortSignal): Promise<void> {
    const caller = await this.#standing.session.caller(topicsSlice, signal);
    const request = { service: "SkipLoad", ...caller, position } as const;
    const answer = await abortable(this.#client.json(request, signal), signal);
    // It loads nothing: which load the client stands on stays as it was.
    this.#standing.subscribe(topicsSlice, { ...position, ...readPosition(answer) });
  }

  /** Unregisters entities and skips what the server gives of them up to that point, which it gives back. */
  async unregisterEntities(techIds: Uint8Array, sequence: number, signal: AbortSignal): Promise<number> {
    const { session, skips, subscribed } = this.#standing;
    const position = { ...subscribed.position, sequence };
    const { sequence: doneAt } = await session.command(subscribed.topicsSlice, signal, (caller) => {
      const request = { service: "UnregisterEntities", ...caller, position, techIds } as const;
      return abortable(this.#client.json(request, signal), signal);
    });
    if (!isSequence(doneAt)) throw new LiveDistError("Request", "UnregisterEntities was not answered with a sequence");
    skips.add(unpackTechIds(techIds), doneAt);
    return doneAt;
  }
}

function readPosition({ position }: Record<string, unknown>): Pick<Position, "epoch" | "sequence"> {
  const { epoch, sequence } = (position ?? {}) as Partial<Position>;
  if (typeof epoch !== "string" || !isSequence(sequence)) {
    throw new LiveDistError("Request", "SkipLoad was not answered with a position");
  }
  return { epoch, sequence };
}

function isSequence(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

import { LiveDistError } from "../base/errors.js";
import { RECEIVED_BYTES_MAX } from "../base/limits.js";
import type { DeltaObject } from "../delta/delta-object.js";
import type { IHttpClient } from "../plugs/http-client.js";
import type { Position, Request } from "../wire/requests.js";
import { abortable } from "./abortable.js";
import { AnswerFrames } from "./answer-frames.js";
import type { KnownSchemas } from "./known-schemas.js";
import { AnsweredLoad, type Load } from "./load.js";
import { LoadAnswer, type LoadShape } from "./load-answer.js";
import type { Operation } from "./operations.js";
import type { Since } from "./sync-load-arguments.js";
import { positionAt, type RegisteredBatch, type Standing } from "./standing.js";
import { unpackTechIds } from "./tech-ids.js";

/** Asks for loads. What a load leads to is in force when it was read to its end. Nothing is tried twice here. */
export class LoadSource {
  readonly #client: IHttpClient;
  readonly #schemas: KnownSchemas;
  readonly #standing: Standing;

  constructor(client: IHttpClient, schemas: KnownSchemas, standing: Standing) {
    this.#client = client;
    this.#schemas = schemas;
    this.#standing = standing;
  }

  async fullLoad(topicsSlice: string, operation: Operation): Promise<Load> {
    const { session, skips } = this.#standing;
    const { signal } = operation;
    const answer = await session.command(topicsSlice, signal, (caller) =>
      this.#begin({ service: "FullLoad", ...caller }, this.#creates(), signal),
    );
    return this.#load(answer, topicsSlice, operation, () => skips.clear());
  }

  async syncLoad(
    topicsSlice: string,
    since: Since,
    techIds: Uint8Array | undefined,
    operation: Operation,
  ): Promise<Load> {
    const { skips } = this.#standing;
    const answer = await this.#sync(topicsSlice, since, techIds, this.#creates(), operation.signal);
    return this.#load(answer, topicsSlice, operation, () => techIds && skips.clear());
  }

  async partialLoad(newTopicsSlice: string, operation: Operation): Promise<Load> {
    const { session, skips, subscribed } = this.#standing;
    const { topicsSlice, position } = subscribed;
    const { signal } = operation;
    const shape = { ...this.#creates(), owed: { position, skips } };
    const answer = await session.command(topicsSlice, signal, (caller) =>
      this.#begin({ service: "PartialLoad", ...caller, position, newTopicsSlice }, shape, signal),
    );
    return this.#load(answer, newTopicsSlice, operation);
  }

  /** Asks for entities by name. What it leads to: the deltas of what was brought, up to where it was brought, are left out. */
  async loadEntities(techIds: Uint8Array, operation: Operation): Promise<Load> {
    const { session, skips, subscribed } = this.#standing;
    const { topicsSlice, position } = subscribed;
    const { signal } = operation;
    const shape = { ...this.#creates(), techIds, since: position };
    const answer = await session.command(topicsSlice, signal, (caller) =>
      this.#begin({ service: "LoadEntities", ...caller, position, techIds }, shape, signal),
    );
    const finished = (): void => {
      const gone = new Set(answer.gone);
      const brought = [...unpackTechIds(techIds)].filter((techId) => !gone.has(techId));
      skips.add(brought, answer.head.sequence);
    };
    return this.#answered(answer, operation, finished);
  }

  async selectMinus(oldTopicsSlice: string, newTopicsSlice: string, signal: AbortSignal): Promise<DeltaObject[]> {
    const { clientId } = this.#client;
    const request = { service: "SelectMinus", clientId, oldTopicsSlice, newTopicsSlice } as const;
    const shape = { oper: "DELETE", isStamped: false, bytesMax: RECEIVED_BYTES_MAX } as const;
    const answer = await this.#begin(request, shape, signal);
    return answer.all();
  }

  /** Makes a SyncLoad with tech-ids and gives the whole answer. */
  async registerEntities(techIds: Uint8Array, signal: AbortSignal): Promise<RegisteredBatch> {
    const { topicsSlice, position } = this.#standing.subscribed;
    const shape = { ...this.#creates(), bytesMax: RECEIVED_BYTES_MAX };
    const answer = await this.#sync(topicsSlice, position, techIds, shape, signal);
    const { head, gone } = answer;
    const { sequence, connectedToCenter } = head;
    return { sequence, deltas: await answer.all(), gone, connectedToCenter, position: positionAt(head) };
  }

  #sync(
    topicsSlice: string,
    since: Since,
    techIds: Uint8Array | undefined,
    shape: LoadShape,
    signal: AbortSignal,
  ): Promise<LoadAnswer> {
    const named = techIds && { techIds };
    const members = { ...this.#sinceMembers(since), ...named };
    return this.#standing.session.command(topicsSlice, signal, (caller) =>
      this.#begin({ service: "SyncLoad", ...caller, ...members }, { ...shape, ...named }, signal),
    );
  }

  #sinceMembers(since: Since): { position?: Position; updatedSinceMs?: number } {
    if (!(since instanceof Date)) return since ? { position: since } : {};
    const updatedSinceMs = since.getTime();
    if (Number.isNaN(updatedSinceMs)) throw new LiveDistError("Request", "the Date given to syncLoad is none");
    // The position says on which of its loads a registered client stands.
    const { session, subscription } = this.#standing;
    const isKnown = session.tracking === "registration" && subscription !== undefined;
    return { updatedSinceMs, ...(isKnown && { position: subscription.position }) };
  }

  #creates(): LoadShape {
    return { oper: "CREATE", isStamped: this.#standing.session.tracking === "registration" };
  }

  async #begin(request: Request, shape: LoadShape, signal: AbortSignal): Promise<LoadAnswer> {
    const frames = new AnswerFrames(await abortable(this.#client.frames(request, signal), signal), signal);
    const answer = await LoadAnswer.begin(frames, shape, this.#schemas, signal);
    this.#standing.connectedToCenter = answer.head.connectedToCenter;
    return answer;
  }

  #load(answer: LoadAnswer, topicsSlice: string, operation: Operation, alsoAtItsEnd?: () => void): Load {
    const finished = (): void => {
      this.#standing.subscribe(topicsSlice, positionAt(answer.head));
      alsoAtItsEnd?.();
    };
    return this.#answered(answer, operation, finished);
  }

  #answered(answer: LoadAnswer, operation: Operation, finished: () => void): Load {
    const noticed = (error: unknown): unknown => this.#standing.noticed(error, operation.signal);
    return new AnsweredLoad(answer, { operation, finished, noticed });
  }
}

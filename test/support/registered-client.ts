import { guidToBytes } from "../../src/base/guid.js";
import type { LiveDistService } from "../../src/wire/live-dist-service.js";
import type { Position } from "../../src/wire/requests.js";
import { type Batch, batchOf, framesOf, id, type Load, loadOf, type OneSite } from "./one-site.js";
import type { AnswerPiece } from "../../src/wire/live-dist-service.js";

/** Gives the bytes of tech-ids that a test calls by numbers. */
export function techIdsOf(numbers: readonly number[]): Uint8Array {
  const techIds = new Uint8Array(numbers.length * 16);
  numbers.forEach((number, at) => guidToBytes(id(number), techIds, at * 16));
  return techIds;
}

/** What a load brought, with the tech-ids that the server does not hold as numbers. */
export interface RegisteredLoad extends Load {
  readonly gone: number[];
}

/** From where a client asks for what it misses: where it does not say, from where it stands, by its registration. */
export interface SyncLoadOptions {
  readonly since?: Position;
  readonly held?: number[];
  readonly updatedSinceMs?: number;
}

/** A registered client without an Edge: it says what a test lets it say. */
export class RegisteredClient {
  readonly #site: Pick<OneSite, "service">;
  readonly clientId: string;
  /** Of a site. */
  siteEpoch: string | undefined;
  session = 0;
  command = 0;
  topicsSlice = "";
  position: Position = { epoch: "", sequence: 0 };

  constructor(site: Pick<OneSite, "service">, clientId = "c1") {
    this.#site = site;
    this.clientId = clientId;
  }

  async begin(): Promise<this> {
    ({ session: this.session } = await this.#service.beginSession({
      service: "BeginSession",
      clientId: this.clientId,
      ...this.#epochOfSite,
    }));
    return this;
  }

  async fullLoad(topicsSlice: string): Promise<RegisteredLoad> {
    const request = { service: "FullLoad", ...this.#caller(topicsSlice), command: ++this.command } as const;
    return this.#take(await this.#service.fullLoad(request, never), topicsSlice);
  }

  async syncLoad(
    topicsSlice: string,
    { since = this.position, held, updatedSinceMs }: SyncLoadOptions = {},
  ): Promise<RegisteredLoad> {
    const request = {
      service: "SyncLoad",
      ...this.#caller(topicsSlice),
      command: ++this.command,
      position: since,
      ...(updatedSinceMs !== undefined && { updatedSinceMs }),
      ...(held && { techIds: techIdsOf(held) }),
    } as const;
    return this.#take(await this.#service.syncLoad(request, never), topicsSlice);
  }

  async partialLoad(newTopicsSlice: string): Promise<RegisteredLoad> {
    const { position } = this;
    const request = {
      service: "PartialLoad",
      ...this.#caller(),
      command: ++this.command,
      position,
      newTopicsSlice,
    } as const;
    return this.#take(await this.#service.partialLoad(request, never), newTopicsSlice);
  }

  async loadEntities(numbers: number[]): Promise<RegisteredLoad> {
    const { position } = this;
    const techIds = techIdsOf(numbers);
    const request = {
      service: "LoadEntities",
      ...this.#caller(),
      command: ++this.command,
      position,
      techIds,
    } as const;
    return readLoad(await this.#service.loadEntities(request, never));
  }

  async skipLoad(position = this.position, topicsSlice = this.topicsSlice): Promise<Position> {
    return this.#service.skipLoad({ service: "SkipLoad", ...this.#caller(topicsSlice), position });
  }

  /** Goes on under another site, with what it holds of the one before. */
  movedTo(site: Pick<OneSite, "service">): RegisteredClient {
    const { siteEpoch, session, command, topicsSlice, position } = this;
    const kept = { siteEpoch, session, command, topicsSlice, position };
    return Object.assign(new RegisteredClient(site, this.clientId), kept);
  }

  async unregister(numbers: number[]): Promise<number> {
    const { position } = this;
    const techIds = techIdsOf(numbers);
    const command = ++this.command;
    const request = { service: "UnregisterEntities", ...this.#caller(), command, position, techIds } as const;
    return (await this.#service.unregisterEntities(request)).sequence;
  }

  /** Fetches what there is, and goes on from it. */
  async fetch(waitMsMax = 0): Promise<Batch> {
    const request = { service: "FetchDeltas", ...this.#caller(), position: this.position, waitMsMax } as const;
    const batch = batchOf(await this.#service.fetchDeltas(request, never));
    this.position = { ...this.position, sequence: batch.sequence };
    return batch;
  }

  get #service(): LiveDistService {
    return this.#site.service;
  }

  #caller(topicsSlice = this.topicsSlice) {
    const { clientId, session } = this;
    return { clientId, tracking: "registration", topicsSlice, ...this.#epochOfSite, session } as const;
  }

  get #epochOfSite(): { siteEpoch?: string } {
    return this.siteEpoch === undefined ? {} : { siteEpoch: this.siteEpoch };
  }

  async #take(answer: AsyncIterable<AnswerPiece>, topicsSlice: string): Promise<RegisteredLoad> {
    const load = await readLoad(answer);
    const { epoch, sequence, stamp } = load.head;
    this.topicsSlice = topicsSlice;
    this.position = { epoch, sequence, ...(stamp !== undefined && { stamp }) };
    return load;
  }
}

/** Reads the answer of a load to its end. */
export async function readLoad(answer: AsyncIterable<AnswerPiece>): Promise<RegisteredLoad> {
  const pieces: Uint8Array[] = [];
  for await (const piece of answer) pieces.push(...piece);
  const gone: number[] = [];
  for (const frame of framesOf(pieces)) {
    if (frame.kind !== "GONE") continue;
    for (let at = 0; at < frame.techIds.length; at += 16) gone.push(lastNumber(frame.techIds, at));
  }
  return { ...loadOf(pieces), gone };
}

const never = new AbortController().signal;

/** Gives the number by which a test calls a tech-id: the twelve decimal digits at its end. */
function lastNumber(techIds: Uint8Array, at: number): number {
  return Number(Buffer.from(techIds.subarray(at + 10, at + 16)).toString("hex"));
}

import { afterEach } from "vitest";
import { deltaClass } from "../../src/delta/delta-class.js";
import { decodeDeltaBuffer, encodeDeltaBuffer } from "../../src/delta/delta-buffer.js";
import type { DeltaInit, DeltaObject } from "../../src/delta/delta-object.js";
import { int32, string } from "../../src/delta/field-types.js";
import { makeSchema, parseSchema, type Schema } from "../../src/delta/schema.js";
import type { ClientWatch } from "../../src/delta-server/client-watch.js";
import type { DeltaServer } from "../../src/delta-server/delta-server.js";
import { startService, type StartServiceOptions } from "../../src/site/start-live-dist.js";
import { openStore } from "../../src/store/open-store.js";
import type { Store } from "../../src/store/store.js";
import { FrameReader, type Frame, type Head } from "../../src/wire/frames.js";
import type { LiveDistService } from "../../src/wire/live-dist-service.js";
import type { Position, Tracking } from "../../src/wire/requests.js";
import { ManualClock, settle } from "./manual-clock.js";

export const City = deltaClass("City", { name: string(), size: int32() });
export const schema = makeSchema("v1", [City]);

/** The tech-id of an entity that a test calls by a number. */
export function id(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
}

const UPDATE_TIME = new Date("2024-01-01T00:00:00Z");

export function delta(
  oper: DeltaInit["oper"],
  number: number,
  rest: Partial<Parameters<typeof City.delta>[0]> = {},
): DeltaObject {
  return City.delta({ oper, techId: id(number), updateTime: UPDATE_TIME, ...rest });
}

/** What was logged, by level. */
export class Logged {
  readonly lines: { level: string; message: string; fields: Record<string, unknown> }[] = [];
  readonly debug = this.#at("debug");
  readonly info = this.#at("info");
  readonly warn = this.#at("warn");
  readonly error = this.#at("error");

  get errors(): string[] {
    return this.lines.filter(({ level }) => level === "error").map(({ message }) => message);
  }

  #at(level: string) {
    return (fields: Record<string, unknown>, message: string): void => void this.lines.push({ level, message, fields });
  }
}

const cleanUps: (() => Promise<void> | void)[] = [];

/** Registers what is undone after the test, last first. */
export function afterThis(cleanUp: () => Promise<void> | void): void {
  cleanUps.push(cleanUp);
}

afterEach(async () => {
  for (const step of cleanUps.splice(0).reverse()) await step();
});

export const config = {
  pollMs: 500,
  clientsPollMs: 500,
  logKeepHours: 0,
  logBytesMax: 0,
  logInMemoryBytesMax: 1 << 26,
};

export interface OneSiteOptions extends Partial<Omit<StartServiceOptions, "clock" | "logger" | "random">> {
  readonly store?: Store;
  readonly config?: Partial<typeof config>;
}

/** A site without sockets, over a store in memory and a time that the test moves. */
export class OneSite {
  readonly store: Store;
  readonly clock: ManualClock;
  readonly logged: Logged;
  readonly service: LiveDistService;
  readonly delta: DeltaServer;
  readonly clients: ClientWatch;
  readonly close: () => Promise<void>;

  private constructor(parts: Pick<OneSite, "store" | "clock" | "logged" | "service" | "delta" | "clients" | "close">) {
    this.store = parts.store;
    this.clock = parts.clock;
    this.logged = parts.logged;
    this.service = parts.service;
    this.delta = parts.delta;
    this.clients = parts.clients;
    this.close = parts.close;
  }

  static async start(options: OneSiteOptions = {}): Promise<OneSite> {
    const clock = new ManualClock();
    const logged = new Logged();
    const store = options.store ?? (await newStore(clock));
    const steps: (() => Promise<void> | void)[] = [];
    let isClosed = false;
    const close = async (): Promise<void> => {
      if (isClosed) return;
      isClosed = true;
      for (const step of steps.reverse()) await step();
    };
    afterThis(close);
    const start = { schema, ...options, clock, logger: logged };
    const { service, delta, clients } = await startService(store, { ...config, ...options.config }, start, steps);
    return new OneSite({ store, clock, logged, service, delta, clients, close });
  }

  get sequence(): number {
    return this.service.status("delta")["sequence"] as number;
  }

  get windowFrom(): number {
    return this.service.status("delta")["windowFrom"] as number;
  }

  async position(sequence = this.sequence): Promise<Position> {
    return { epoch: (await this.store.log.bounds()).epoch, sequence };
  }

  /** Appends a transaction of delta-objects of any schema, and waits until the server has read it; gives its sequence. */
  async append(deltas: readonly DeltaObject[], of: Schema = schema): Promise<number> {
    return this.appendBytes(encodeDeltaBuffer(of, deltas));
  }

  async appendBytes(bytes: Uint8Array): Promise<number> {
    await appendBytes(this.store, bytes);
    return this.read();
  }

  /** Waits until the server has read all that is committed. */
  async read(): Promise<number> {
    const { lastSequence } = await this.store.log.bounds();
    this.service.notify();
    while (this.sequence < lastSequence) await settle();
    // The server looks once more for rows; a test that appends behind its back comes after that.
    for (let turn = 0; turn < 10; turn++) await settle();
    return lastSequence;
  }

  async fetch(client: Client, waitMsMax = 0): Promise<Batch> {
    const { position, tracking, topicsSlice, clientId = "c1" } = client;
    const request = { service: "FetchDeltas", clientId, tracking, topicsSlice, position, waitMsMax } as const;
    const signal = client.signal ?? new AbortController().signal;
    return batchOf(await this.service.fetchDeltas(request, signal));
  }

  async load(topicsSlice: string, tracking: Tracking = "transition", clientId = "c1"): Promise<Load> {
    const request = { service: "FullLoad", clientId, tracking, topicsSlice } as const;
    const pieces: Uint8Array[] = [];
    for await (const piece of await this.service.fullLoad(request, new AbortController().signal)) pieces.push(...piece);
    return loadOf(pieces);
  }
}

export interface Client {
  readonly position: Position;
  readonly tracking: Tracking;
  readonly topicsSlice: string;
  readonly clientId?: string;
  readonly signal?: AbortSignal;
}

export async function newStore(clock = new ManualClock()): Promise<Store> {
  const store = await openStore("sqlite::memory:", { clock });
  afterThis(() => store.close());
  await store.clients.add({ clientId: "c1", bitNumber: 0 });
  await store.clients.add({ clientId: "c2", bitNumber: 1 });
  return store;
}

export function appendBytes(store: Store, bytes: Uint8Array): Promise<void> {
  return store.transaction((transaction) => store.log.append(transaction, bytes));
}

/** A delta-object as a test looks at it, in short. */
export interface Given {
  readonly sequence: number;
  readonly oper: string;
  readonly id: number;
  readonly leaves: boolean;
  readonly fields: object;
  readonly topics: readonly string[];
  readonly forThisClientAlone: boolean;
}

export interface Batch {
  readonly head: Head;
  readonly deltas: Given[];
  /** The ROW frames as they were given. */
  readonly rows: readonly Uint8Array[];
  readonly sequence: number;
}

export interface Load {
  readonly head: Head;
  readonly deltas: Given[];
  readonly ended: boolean;
  /** How many ENTITIES frames it had. */
  readonly frames: number;
}

export function batchOf(frames: readonly Uint8Array[]): Batch {
  const read = framesOf(frames);
  const last = read.at(-1)!;
  const head = headOf(read);
  if (last.kind !== "POSITION") throw new TypeError("a batch ends with a POSITION");
  return { head, deltas: givenBy(read), rows: frames.slice(1, -1), sequence: last.sequence };
}

export function loadOf(pieces: readonly Uint8Array[]): Load {
  const read = framesOf(pieces);
  return {
    head: headOf(read),
    deltas: givenBy(read),
    ended: read.at(-1)!.kind === "END",
    frames: read.filter(({ kind }) => kind === "ENTITIES").length,
  };
}

export function framesOf(pieces: readonly Uint8Array[]): Frame[] {
  const reader = new FrameReader();
  return pieces.flatMap((piece) => reader.push(piece));
}

function headOf(frames: readonly Frame[]): Head {
  const [first] = frames;
  if (first?.kind !== "HEAD") throw new TypeError("an answer begins with a HEAD");
  return first.head;
}

/** Schemas by name, for tests that write under several. */
export const knownSchemas = new Map<string, Schema>([[schema.name, schema]]);

export function givenBy(frames: readonly Frame[], own?: Schema): Given[] {
  const source = { own, named: (name: string) => knownSchemas.get(name) };
  return frames.flatMap((frame) => {
    if (frame.kind !== "ROW" && frame.kind !== "ENTITIES") return [];
    const sequence = frame.kind === "ROW" ? frame.sequence : 0;
    return decodeDeltaBuffer(source, frame.deltaBuffer).map(({ techId, ...delta }) => {
      const { oper, leaves, fields, topics, forThisClientAlone } = delta;
      return { sequence, oper, id: Number(techId.slice(-12)), leaves, fields, topics, forThisClientAlone };
    });
  });
}

/** Reads a schema's text as another process would. */
export function reread(of: Schema): Schema {
  return parseSchema(of.name, of.text);
}

/** Says a delta in a word: `UPDATE 1`, `DELETE 1 leaves`. */
export function inShort({ oper, id: number, leaves }: Given): string {
  return `${oper} ${number}${leaves ? " leaves" : ""}`;
}

/** Gives the code of the error that a promise rejects with. */
export async function codeOfRejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return "resolved";
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

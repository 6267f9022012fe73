import { LiveDistError } from "../base/errors.js";
import { WAIT_MS_MAX } from "../base/limits.js";

/** How the server follows a client (guide §2.1.3.1; protocol: modes). */
export type Tracking = "registration" | "transition" | "none";

/** Where a client stands in a log. A sequence-number means nothing without its epoch. */
export interface Position {
  readonly epoch: string;
  readonly sequence: number;
}

interface ClientRequest {
  readonly clientId: string;
  readonly tracking: Tracking;
  readonly topicsSlice: string;
}

/** Asks for everything that the slice selects, as of now (guide §2.2). */
export interface FullLoadRequest extends ClientRequest {
  readonly service: "FullLoad";
}

/** Asks whether the client may go on from its position (guide §2.5). */
export interface SkipLoadRequest extends ClientRequest {
  readonly service: "SkipLoad";
  readonly position: Position;
}

/** Asks for what came after the position, and waits for it if there is nothing yet (guide §2.5). */
export interface FetchDeltasRequest extends ClientRequest {
  readonly service: "FetchDeltas";
  readonly position: Position;
  /** Milliseconds to wait at most; the answer is then empty. */
  readonly waitMsMax: number;
}

/** Asks for the text of a schema (guide §4.4). */
export interface ReadSchemaRequest {
  readonly service: "ReadSchema";
  readonly clientId: string;
  /** Absent: the server's own. */
  readonly schemaName?: string;
}

/** Tells the delta server that rows were committed (guide §4.1, NotifyDeltaServer). */
export interface NotifyRequest {
  readonly service: "Notify";
}

export type DeltaServerRequest = FetchDeltasRequest | SkipLoadRequest | ReadSchemaRequest | NotifyRequest;
export type CacheServerRequest = FullLoadRequest;
export type Request = DeltaServerRequest | CacheServerRequest;
export type ServerRole = "delta" | "cache";

/** Which server answers a service: LiveDist…/Delta.config or LiveDist…/Cache.config (guide §7.3). */
export const serverOf = {
  FetchDeltas: "delta",
  SkipLoad: "delta",
  ReadSchema: "delta",
  Notify: "delta",
  FullLoad: "cache",
} as const satisfies Record<Request["service"], ServerRole>;

/** Gives the path of a server (guide §7.3); `suffix` is LiveDistApplicationSuffix. */
export function serverPath(suffix: string, role: ServerRole): string {
  return `/LiveDist${suffix}/${role === "delta" ? "Delta" : "Cache"}.config`;
}

/** Makes a request out of JSON that anyone may have sent. Throws Request where it is none. */
export function readRequest(json: string): Request {
  const value = parseObject(json);
  const service = value["service"];
  switch (service) {
    case "FullLoad":
      return { service, ...client(value) };
    case "SkipLoad":
      return { service, ...client(value), position: position(value) };
    case "FetchDeltas":
      return { service, ...client(value), position: position(value), waitMsMax: waitMsMax(value) };
    case "ReadSchema": {
      const schemaName = value["schemaName"];
      if (schemaName === undefined) return { service, clientId: text(value, "clientId") };
      return { service, clientId: text(value, "clientId"), schemaName: text(value, "schemaName") };
    }
    case "Notify":
      return { service };
    default:
      throw bad(`service must be one of ${Object.keys(serverOf).join(", ")}`);
  }
}

/** Makes an acknowledgement of a WebSocket stream out of JSON: the sequence up to which the client has taken everything. */
export function readAcknowledgement(json: string): number {
  const { acknowledge } = parseObject(json) as { acknowledge?: unknown };
  if (!isSequence(acknowledge)) throw bad("acknowledge must be a sequence-number");
  return acknowledge;
}

function parseObject(json: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw bad("the body must be JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw bad("the body must be a JSON object");
  return value as Record<string, unknown>;
}

const trackings: readonly unknown[] = ["registration", "transition", "none"] satisfies Tracking[];

function client(value: Record<string, unknown>): ClientRequest {
  const tracking = value["tracking"];
  if (!trackings.includes(tracking)) throw bad(`tracking must be one of ${trackings.join(", ")}`);
  return {
    clientId: text(value, "clientId"),
    tracking: tracking as Tracking,
    topicsSlice: text(value, "topicsSlice"),
  };
}

function position(value: Record<string, unknown>): Position {
  const given = value["position"];
  const { epoch, sequence } = (typeof given === "object" && given !== null ? given : {}) as Partial<Position>;
  if (typeof epoch !== "string" || !isSequence(sequence))
    throw bad("position must be { epoch: text, sequence: number }");
  return { epoch, sequence };
}

function waitMsMax(value: Record<string, unknown>): number {
  const given = value["waitMsMax"];
  if (typeof given !== "number" || !(given >= 0)) throw bad("waitMsMax must be a number of milliseconds, 0 or more");
  return Math.min(given, WAIT_MS_MAX);
}

function text(value: Record<string, unknown>, name: string): string {
  const given = value[name];
  if (typeof given !== "string" || given === "") throw bad(`${name} must be a text`);
  return given;
}

function isSequence(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function bad(message: string): LiveDistError {
  return new LiveDistError("Request", message);
}

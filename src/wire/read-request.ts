import { LiveDistError } from "../base/errors.js";
import { EPOCH_LENGTH_MAX, WAIT_MS_MAX } from "../base/limits.js";
import { type Position, type Request, serverOf, type Tracking } from "./requests.js";

/** An object that was JSON: anything may be in it. */
export type Json = Readonly<Record<string, unknown>>;

/** Makes a request out of JSON that anyone may have sent, and the tech-ids that came with it. Throws Request where it is none. */
export function readRequest(json: string, techIds?: Uint8Array): Request {
  const value = parseObject(json);
  const request = requestOf(value, techIds);
  if (techIds !== undefined && !("techIds" in request)) throw bad(`${request.service} takes no tech-ids`);
  const sent = value["sentHere"] === true ? { ...request, sentHere: true } : request;
  return value["token"] === undefined ? sent : { ...sent, token: text(value, "token") };
}

/** Makes a request, without its token, out of an object that was JSON. Throws Request where it is none. */
export function requestOf(value: Json, techIds: Uint8Array | undefined): Request {
  const service = value["service"];
  switch (service) {
    case "BeginSession":
      return { service, clientId: text(value, "clientId"), ...site(value) };
    case "FullLoad":
      return { service, ...command(value) };
    case "SyncLoad":
      return {
        service,
        ...command(value),
        ...(value["position"] !== undefined && { position: position(value) }),
        ...(value["updatedSinceMs"] !== undefined && { updatedSinceMs: milliseconds(value, "updatedSinceMs") }),
        ...(techIds && { techIds }),
      };
    case "PartialLoad":
      return { service, ...command(value), position: position(value), newTopicsSlice: text(value, "newTopicsSlice") };
    case "LoadEntities":
      return { service, ...command(value), position: position(value), techIds: techIds ?? new Uint8Array(0) };
    case "SkipLoad":
      return { service, ...caller(value), position: position(value) };
    case "UnregisterEntities":
      return { service, ...command(value), position: position(value), techIds: techIds ?? new Uint8Array(0) };
    case "SelectMinus":
      return {
        service,
        clientId: text(value, "clientId"),
        oldTopicsSlice: text(value, "oldTopicsSlice"),
        newTopicsSlice: text(value, "newTopicsSlice"),
      };
    case "FetchDeltas":
      return { service, ...caller(value), position: position(value), waitMsMax: waitMsMax(value) };
    case "ReadSchema":
      return {
        service,
        clientId: text(value, "clientId"),
        ...(value["schemaName"] !== undefined && { schemaName: text(value, "schemaName") }),
      };
    case "ReadClients":
      return { service, clientId: text(value, "clientId") };
    case "Look":
      return {
        service,
        clientId: text(value, "clientId"),
        ...(value["techId"] !== undefined && { techId: text(value, "techId") }),
        depth: whole(value, "depth"),
      };
    case "Notify":
      return { service };
    default:
      throw bad(`service must be one of ${Object.keys(serverOf).join(", ")}`);
  }
}

/** Makes an acknowledgement of a WebSocket stream out of JSON: the sequence up to which the client has taken everything. */
export function readAcknowledgement(json: string): number {
  const { acknowledge } = parseObject(json);
  if (!isWhole(acknowledge)) throw bad("acknowledge must be a sequence-number");
  return acknowledge;
}

/** Gives the object that a text is as JSON. Throws Request where it is none. */
export function parseObject(json: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw bad("the body must be JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw bad("the body must be a JSON object");
  return value as Json;
}

const trackings: readonly unknown[] = ["registration", "transition", "none"] satisfies Tracking[];

function site(value: Json): { siteEpoch?: string } {
  return epochOf(value, "siteEpoch");
}

/** Gives a member that names an epoch, where there is one. */
function epochOf<Name extends "siteEpoch" | "sessionEpoch">(value: Json, name: Name): { [K in Name]?: string } {
  if (value[name] === undefined) return {};
  const epoch = text(value, name);
  if (epoch.length > EPOCH_LENGTH_MAX)
    throw bad(`${name} has more than EPOCH_LENGTH_MAX, ${EPOCH_LENGTH_MAX}, characters`);
  return { [name]: epoch } as { [K in Name]?: string };
}

function client(value: Json): { clientId: string; tracking: Tracking; topicsSlice: string; siteEpoch?: string } {
  const tracking = value["tracking"];
  if (!trackings.includes(tracking)) throw bad(`tracking must be one of ${trackings.join(", ")}`);
  return {
    clientId: text(value, "clientId"),
    tracking: tracking as Tracking,
    topicsSlice: text(value, "topicsSlice"),
    ...site(value),
  };
}

function caller(value: Json): ReturnType<typeof client> & { session?: number; sessionEpoch?: string } {
  const read = client(value);
  if (read.tracking !== "registration") return read;
  return { ...read, session: whole(value, "session"), ...epochOf(value, "sessionEpoch") };
}

function command(value: Json): ReturnType<typeof caller> & { command?: number } {
  const read = caller(value);
  return read.tracking === "registration" ? { ...read, command: whole(value, "command") } : read;
}

function position(value: Json): Position {
  const given = value["position"];
  const { epoch, sequence, stamp } = (typeof given === "object" && given !== null ? given : {}) as Partial<Position>;
  if (typeof epoch !== "string" || !isWhole(sequence) || (stamp !== undefined && typeof stamp !== "string"))
    throw bad("position must be { epoch: text, sequence: number }, of a registered client also { stamp: text }");
  return { epoch, sequence, ...(stamp !== undefined && { stamp }) };
}

function waitMsMax(value: Json): number {
  const given = milliseconds(value, "waitMsMax");
  if (given < 0) throw bad("waitMsMax must be 0 or more");
  return Math.min(given, WAIT_MS_MAX);
}

function milliseconds(value: Json, name: string): number {
  const given = value[name];
  if (typeof given !== "number" || !Number.isFinite(given)) throw bad(`${name} must be a number of milliseconds`);
  return given;
}

function text(value: Json, name: string): string {
  const given = value[name];
  if (typeof given !== "string" || given === "") throw bad(`${name} must be a text`);
  return given;
}

function whole(value: Json, name: string): number {
  const given = value[name];
  if (!isWhole(given)) throw bad(`${name} must be a whole number`);
  return given;
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function bad(message: string): LiveDistError {
  return new LiveDistError("Request", message);
}

import { ByteReader } from "../base/byte-reader.js";
import { ByteWriter } from "../base/byte-writer.js";
import { DeltaBufferError } from "../base/errors.js";
import { REGISTERED_CLIENTS_MAX } from "../base/limits.js";
import { type Json, requestOf } from "../wire/read-request.js";
import type {
  BeginSessionRequest,
  FullLoadRequest,
  LoadEntitiesRequest,
  PartialLoadRequest,
  Request,
  SyncLoadRequest,
  UnregisterEntitiesRequest,
} from "../wire/requests.js";

/** What changes a registration: it stands in the log, so that it happens at one sequence-number (protocol: commands). */
export type CommandRequest =
  | BeginSessionRequest
  | FullLoadRequest
  | SyncLoadRequest
  | PartialLoadRequest
  | LoadEntitiesRequest
  | UnregisterEntitiesRequest;

/** Says that a session was named by a call that only reads: from here on it fences those before it, at every server. */
export interface UseSession {
  readonly service: "UseSession";
  readonly clientId: string;
  readonly session: number;
}

/** Says that a client is no longer served: its masks and its stamp end here, at every server (protocol: several servers of a site). */
export interface EndRegistration {
  readonly service: "EndRegistration";
  readonly clientId: string;
}

/** What servers put into the log by themselves. */
export type OwnCommand = UseSession | EndRegistration;

/** A command as it stands in the log: only what the client said, and what must not differ where it is executed. */
export interface CommandRecord {
  readonly request: CommandRequest | OwnCommand;
  /** The client's bit in the masks as the command was appended. */
  readonly bitNumber: number;
  /** The time that time-windows are counted from. */
  readonly nowMs: number;
  /** Names the record for the server that appended it, which answers. */
  readonly ticket: string;
}

/** Stands where a delta-buffer has its format, 1. */
const COMMAND_FORMAT = 2;

/** Tells whether a row of the log is a command, not a delta-buffer. */
export function isCommandRecord(bytes: Uint8Array): boolean {
  return bytes[0] === COMMAND_FORMAT;
}

/** Writes a record: format, length of the JSON (varint), the JSON, 16 bytes a tech-id. */
export function writeCommandRecord({ request, ...rest }: CommandRecord): Uint8Array {
  const techIds = "techIds" in request ? request.techIds : undefined;
  // Whether the client may do it was decided before; the token that proves it is a secret and has no place in a database.
  const said = { ...request, techIds: undefined, token: undefined, sentHere: undefined };
  const writer = new ByteWriter((techIds?.length ?? 0) + 1024);
  writer.u8(COMMAND_FORMAT);
  writer.string(JSON.stringify({ ...rest, hasTechIds: techIds !== undefined, request: said }));
  if (techIds) writer.bytes(techIds);
  return writer.view();
}

/** Reads a record. Throws DeltaBufferError, or Request, where it is damaged. */
export function readCommandRecord(bytes: Uint8Array): CommandRecord {
  const reader = new ByteReader(bytes);
  if (reader.u8() !== COMMAND_FORMAT) throw new DeltaBufferError("not the record of a command");
  const { ticket, bitNumber, nowMs, hasTechIds, request: said } = parse(reader.string());
  const request = ownCommandOf(said) ?? requestOf(said, hasTechIds ? bytes.subarray(reader.offset) : undefined);
  if (!isCommand(request)) throw new DeltaBufferError(`${request.service} is no command`);
  return { request, bitNumber, nowMs, ticket };
}

/** Reads what no client can ask for; undefined where it is something else. */
function ownCommandOf({ service, clientId, session }: Json): OwnCommand | undefined {
  if (service !== "UseSession" && service !== "EndRegistration") return undefined;
  if (typeof clientId !== "string") throw new DeltaBufferError("the record of a command is damaged");
  if (service === "EndRegistration") return { service, clientId };
  if (!Number.isSafeInteger(session)) throw new DeltaBufferError("the record of a command is damaged");
  return { service, clientId, session: session as number };
}

interface Said extends Omit<CommandRecord, "request"> {
  readonly hasTechIds: boolean;
  readonly request: Json;
}

function parse(json: string): Said {
  let said: Partial<Said> | null;
  try {
    said = JSON.parse(json) as Partial<Said> | null;
  } catch (error) {
    throw new DeltaBufferError("the record of a command is damaged", { cause: error });
  }
  const { request, bitNumber = -1, nowMs, ticket } = said ?? {};
  const isBit = Number.isInteger(bitNumber) && bitNumber >= 0 && bitNumber < REGISTERED_CLIENTS_MAX;
  // It would be executed by half and leave a client that nothing reaches.
  if (!isBit || !Number.isFinite(nowMs) || typeof ticket !== "string" || typeof request !== "object") {
    throw new DeltaBufferError("the record of a command is damaged");
  }
  return said as Said;
}

const services: readonly string[] = [
  "BeginSession",
  "FullLoad",
  "SyncLoad",
  "PartialLoad",
  "LoadEntities",
  "UnregisterEntities",
  "UseSession",
  "EndRegistration",
] satisfies CommandRecord["request"]["service"][];

function isCommand(request: Request | OwnCommand): request is CommandRecord["request"] {
  return services.includes(request.service);
}

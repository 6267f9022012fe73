import { type ErrorCode, isErrorCode } from "./error-codes.js";

/** The base of every error that LiveDist throws; `code` is stable on the wire (see error-codes.ts). */
export class LiveDistError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** Thrown where a topics-slice is not a valid expression (guide §2.1.1.2). Lines and columns count from 1. */
export class TopicsSliceError extends LiveDistError {
  readonly line: number;
  readonly column: number;

  constructor(message: string, at: { line: number; column: number } = { line: 1, column: 1 }) {
    super("TopicsSlice", message);
    this.line = at.line;
    this.column = at.column;
  }
}

/** Thrown where bytes are not a valid delta-buffer or a delta-object does not fit its delta-class. */
export class DeltaBufferError extends LiveDistError {
  constructor(message: string, options?: ErrorOptions) {
    super("DeltaBuffer", message, options);
  }
}

/** Thrown where the server does not have this client's registration (guide §2.4, §2.5). */
export class NotRegisteredError extends LiveDistError {
  constructor(message: string) {
    super("NotRegistered", message);
  }
}

/** Thrown where the log no longer reaches back to the client's position. */
export class SequenceTooOldError extends LiveDistError {
  constructor(message: string) {
    super("SequenceTooOld", message);
  }
}

/** Thrown where the client's row in LiveDistClients has IsDisabled set (guide §2.7). */
export class ClientDisabledError extends LiveDistError {
  constructor(message: string) {
    super("ClientDisabled", message);
  }
}

/** Thrown where a proxy does not hold a topic that the slice needs (guide §8.3). */
export class TopicNotInSliceError extends LiveDistError {
  constructor(message: string) {
    super("TopicNotInSlice", message);
  }
}

/** Thrown where the permit refuses what the client asks for (guide §5.6). */
export class PermissionError extends LiveDistError {
  constructor(message: string) {
    super("Permission", message);
  }
}

/** Thrown where another server of the same site is to serve the client (guide §8.1). */
export class RedirectError extends LiveDistError {
  /** Its URL. */
  readonly server: string;
  /** The calls that it is to be asked for; absent: all. */
  readonly only: "delta" | "cache" | undefined;

  constructor(message: string, server: string, only?: "delta" | "cache") {
    super("Redirect", message);
    this.server = server;
    this.only = only;
  }
}

/** What stands on the wire for an error. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  /** Only for TopicsSlice. */
  readonly line?: number;
  readonly column?: number;
  /** Only for Redirect. */
  readonly server?: string;
  /** Only for Redirect: absent where the server is to be asked for everything. */
  readonly only?: "delta" | "cache";
}

/** Makes the wire form of any thrown value; what is not a LiveDistError is told as Internal, without its details. */
export function toWireError(error: unknown): WireError {
  if (!(error instanceof LiveDistError))
    return { code: "Internal", message: "internal error; the server's log has it" };
  const { code, message } = error;
  if (error instanceof RedirectError) {
    const { server, only } = error;
    return { code, message, server, ...(only && { only }) };
  }
  return error instanceof TopicsSliceError
    ? { code, message, line: error.line, column: error.column }
    : { code, message };
}

const classes: Partial<Record<ErrorCode, new (message: string) => LiveDistError>> = {
  DeltaBuffer: DeltaBufferError,
  NotRegistered: NotRegisteredError,
  SequenceTooOld: SequenceTooOldError,
  ClientDisabled: ClientDisabledError,
  TopicNotInSlice: TopicNotInSliceError,
  Permission: PermissionError,
};

/** Makes the error of its own class again from what stood on the wire. A code from a newer server reads as Internal. */
export function fromWireError(wire: {
  code: string;
  message: string;
  line?: number;
  column?: number;
  server?: string;
  only?: unknown;
}): LiveDistError {
  const code = isErrorCode(wire.code) ? wire.code : "Internal";
  if (code === "TopicsSlice")
    return new TopicsSliceError(wire.message, { line: wire.line ?? 1, column: wire.column ?? 1 });
  if (code === "Redirect") {
    const only = wire.only === "delta" || wire.only === "cache" ? wire.only : undefined;
    return new RedirectError(wire.message, wire.server ?? "", only);
  }
  const Class = classes[code];
  return Class ? new Class(wire.message) : new LiveDistError(code, wire.message);
}

/** Gives the code of a thrown value, or undefined where it is not one of ours. */
export function codeOf(error: unknown): ErrorCode | undefined {
  return error instanceof LiveDistError ? error.code : undefined;
}

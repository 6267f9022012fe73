import { type ErrorCode, errorCodes } from "../base/error-codes.js";
import { codeOf, LiveDistError } from "../base/errors.js";

/** Thrown where HTTP has a status, or wants headers, that the code of the error does not tell. */
export class HttpError extends LiveDistError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: ErrorCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(code, message);
    this.status = status;
    this.headers = headers;
  }
}

/** Makes the error for what the server would serve at another time: Limit with the status 503. */
export function fullError(message: string): HttpError {
  return new HttpError(503, "Limit", message, { "Retry-After": "1" });
}

/** Gives the HTTP status of any thrown value. */
export function statusOf(error: unknown): number {
  return error instanceof HttpError ? error.status : errorCodes[codeOf(error) ?? "Internal"].httpStatus;
}

/** Gives the headers that go with an error. */
export function headersOf(error: unknown): Readonly<Record<string, string>> {
  return error instanceof HttpError ? error.headers : {};
}

/** Tells whether an error is the server's own fault, so that its operator has to hear of it. */
export function isServerFault(error: unknown): boolean {
  return statusOf(error) === 500;
}

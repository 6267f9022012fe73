import type { Clock } from "../base/clock.js";
import { fromWireError, LiveDistError } from "../base/errors.js";
import { JSON_ANSWER_BYTES_MAX } from "../base/limits.js";
import { FRAMES_CONTENT_TYPE } from "../wire/frames.js";
import { abortable, ignore, within } from "./abortable.js";

/** Milliseconds without a byte after which an answer that has begun counts as broken; only while someone waits for the byte. */
export const BODY_IDLE_MS_MAX = 60_000;
const UNAVAILABLE = 503;

/** Gives the bytes of an answer made of frames as they arrive. Throws Network where the answer is something else. */
export function framesOf(
  response: Response,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const type = response.headers.get("content-type") ?? "";
  // A gateway or a captive portal may answer 200 with a page of its own.
  if (!type.startsWith(FRAMES_CONTENT_TYPE)) throw notLiveDist(response, `Content-Type ${JSON.stringify(type)}`);
  return bodyOf(response, clock, signal);
}

/** Reads an answer that is a JSON object. Rejects with Network where it is something else, Limit where it is too long. */
export async function readJson(
  response: Response,
  clock: Clock,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const text = await readText(response, clock, signal);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw notLiveDist(response, "no JSON object");
}

/** Reads what a server refused a request with. Gives the error to be thrown; rejects as `readJson` does. */
export async function readRefusal(response: Response, clock: Clock, signal: AbortSignal): Promise<LiveDistError> {
  const wire = await readWireError(response, clock, signal);
  if (wire === undefined) {
    const what = `${response.url} answered with the status ${response.status} and no LiveDist error`;
    return new LiveDistError(response.status >= 500 || response.status === 429 ? "Network" : "Request", what);
  }
  const error = fromWireError(wire);
  // A server that is full now is like one that cannot be reached now, whatever it is full of.
  const isFull = response.status === UNAVAILABLE && error.code === "Limit";
  return isFull ? new LiveDistError("Network", error.message, { cause: error }) : error;
}

async function readWireError(
  response: Response,
  clock: Clock,
  signal: AbortSignal,
): Promise<Parameters<typeof fromWireError>[0] | undefined> {
  try {
    const { error } = (await readJson(response, clock, signal)) as { error?: { code?: unknown; message?: unknown } };
    const isWire = typeof error?.code === "string" && typeof error.message === "string";
    return isWire ? (error as Parameters<typeof fromWireError>[0]) : undefined;
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined;
  }
}

async function readText(response: Response, clock: Clock, signal: AbortSignal): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const piece of bodyOf(response, clock, signal)) {
    bytes += piece.length;
    if (bytes > JSON_ANSWER_BYTES_MAX) {
      throw new LiveDistError("Limit", `an answer is above JSON_ANSWER_BYTES_MAX, ${JSON_ANSWER_BYTES_MAX} bytes`);
    }
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

/** Gives the bytes of an answer. Ending the iterator, or aborting the signal, cancels the request. */
async function* bodyOf(
  response: Response,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  // Not every browser can iterate a ReadableStream.
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await within(clock, BODY_IDLE_MS_MAX, abortable(reader.read(), signal));
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw networkError(response.url, error);
  } finally {
    reader.cancel().catch(ignore);
  }
}

/** Makes the error for what fetch or a body failed with; errors of ours stay as they are. */
export function networkError(url: string, error: unknown): unknown {
  if (error instanceof LiveDistError) return error;
  const cause = (error as { cause?: unknown }).cause ?? error;
  return new LiveDistError("Network", `${url}: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause: error,
  });
}

function notLiveDist({ url }: Response, what: string): LiveDistError {
  return new LiveDistError("Network", `${url} was not answered by a LiveDist server: ${what}`);
}

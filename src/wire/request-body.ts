import { LiveDistError } from "../base/errors.js";
import { GUID_BYTES } from "../base/guid.js";
import { TECH_IDS_MAX } from "../base/limits.js";
import { readRequest } from "./read-request.js";
import type { Request } from "./requests.js";

/** The content type of a request that carries tech-ids: length of the JSON (4 bytes, little-endian), the JSON, 16 bytes a tech-id. */
export const REQUEST_CONTENT_TYPE = "application/vnd.livedist.request";
export const JSON_CONTENT_TYPE = "application/json";

const LENGTH_BYTES = 4;

/** Makes the body of a POST. */
export function writeRequestBody(request: Request): { contentType: string; body: string | Uint8Array<ArrayBuffer> } {
  if (!("techIds" in request)) return { contentType: JSON_CONTENT_TYPE, body: JSON.stringify(request) };
  const { techIds, ...rest } = request;
  const json = new TextEncoder().encode(JSON.stringify(rest));
  const body = new Uint8Array(LENGTH_BYTES + json.length + techIds.length);
  new DataView(body.buffer).setUint32(0, json.length, true);
  body.set(json, LENGTH_BYTES);
  body.set(techIds, LENGTH_BYTES + json.length);
  return { contentType: REQUEST_CONTENT_TYPE, body };
}

/** Reads the body of a POST with the content type REQUEST_CONTENT_TYPE. Throws Request where it is malformed, Limit above TECH_IDS_MAX. */
export function readRequestBody(body: Uint8Array): Request {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const jsonEnd = body.length < LENGTH_BYTES ? Infinity : LENGTH_BYTES + view.getUint32(0, true);
  if (jsonEnd > body.length) throw new LiveDistError("Request", "the body is shorter than it says");
  const techIds = body.subarray(jsonEnd);
  if (techIds.length % GUID_BYTES !== 0) throw new LiveDistError("Request", "tech-ids must have 16 bytes each");
  if (techIds.length > TECH_IDS_MAX * GUID_BYTES) {
    throw new LiveDistError("Limit", `more than ${TECH_IDS_MAX} tech-ids in one request (TECH_IDS_MAX)`);
  }
  return readRequest(readText(body.subarray(LENGTH_BYTES, jsonEnd)), techIds);
}

function readText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new LiveDistError("Request", "the body must be UTF-8", { cause: error });
  }
}

import { GUID_BYTES } from "../base/guid.js";
import * as limits from "../base/limits.js";

/** The limits of an HTTP server, as `base/limits.ts` has them; a test may pass smaller ones. */
export const httpLimits = {
  requestBytesMax: limits.REQUEST_BYTES_MAX,
  techIdsBytesMax: limits.TECH_IDS_MAX * GUID_BYTES,
  strangerBodyBytesMax: limits.STRANGER_BODY_BYTES_MAX,
  headersMsMax: limits.REQUEST_HEADERS_MS_MAX,
  requestMsMax: limits.REQUEST_MS_MAX,
  keepAliveMsMax: limits.KEEP_ALIVE_MS_MAX,
  connectionIdleMsMax: limits.CONNECTION_IDLE_MS_MAX,
  connectionsMax: limits.CONNECTIONS_MAX,
  loadsMax: limits.LOADS_MAX,
  requestsMax: limits.REQUESTS_MAX,
  bodiesBytesMax: limits.REQUEST_BODIES_BYTES_MAX,
  socketsMax: limits.SOCKETS_MAX,
  streamRequestMsMax: limits.STREAM_REQUEST_MS_MAX,
  windowBytesMax: limits.STREAM_WINDOW_BYTES_MAX,
  windowBatchesMax: limits.STREAM_WINDOW_BATCHES_MAX,
  batchBytesMax: limits.BATCH_BYTES_MAX,
  fragmentBytesMax: limits.STREAM_FRAGMENT_BYTES_MAX,
  pingMs: limits.PING_MS,
  closeMsMax: limits.CLOSE_MS_MAX,
};

export type HttpLimits = Readonly<Record<keyof typeof httpLimits, number>>;

/** `livedist/edge`: the client's side alone, for Node and browsers. */
export {
  ClientDisabledError,
  DeltaBufferError,
  LiveDistError,
  NotRegisteredError,
  PermissionError,
  SequenceTooOldError,
  TopicNotInSliceError,
  TopicsSliceError,
} from "../base/errors.js";
export type { Clock } from "../base/clock.js";
export type { ErrorCode } from "../base/error-codes.js";
export { newTechId } from "../base/guid.js";
export type { Random } from "../base/random.js";
export {
  deltaClass,
  type DeltaClass,
  type FieldMap,
  type FieldsOf,
  type PartDelta,
  type WholeFields,
  type WholePart,
} from "../delta/delta-class.js";
export type { DeltaObject } from "../delta/delta-object.js";
export {
  boolean,
  bytes,
  dateTime,
  decimal,
  float64,
  guid,
  int32,
  int64,
  json,
  type Json,
  part,
  parts,
  string,
} from "../delta/field-types.js";
export type { Oper, PartOper } from "../delta/oper.js";
export { makeSchema, type Schema } from "../delta/schema.js";
export type { HttpStream, IHttpClient } from "../plugs/http-client.js";
export type { WebSocketEvent, WebSocketLike } from "../plugs/web-socket-like.js";
export { parseTopicsSlice, type TopicsSlice } from "../topics/topics-slice.js";
export type { Position, Tracking } from "../wire/requests.js";
export { applyDelta } from "./apply-delta.js";
export { CopyFailedError } from "./copy-failed-error.js";
export type { BatchTrace, DeltaBatch } from "./delta-batch.js";
export { Edge, type TypedId } from "./edge.js";
export type { CallOptions, DeltasOptions, EdgeOptions, FetchOptions } from "./edge-options.js";
export type { Entity } from "./entity.js";
export type { CopyChanges, CopyState, EntityCopy } from "./entity-copy.js";
export { HttpClient, type HttpClientOptions } from "./http-client.js";
export type { Load } from "./load.js";
export { MapCopy } from "./map-copy.js";
export { Replica, type ReplicaEvents, type ReplicaOptions } from "./replica.js";
export type { ReplicaChange } from "./replica-change.js";
export type { ReplicaState } from "./replica-state.js";
export type { Since } from "./sync-load-arguments.js";
export type { TechIds } from "./tech-ids.js";
export type { WebSocketConstructor } from "./web-socket.js";

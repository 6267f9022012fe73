// topics
export { parseTopicsSlice, type TopicsSlice } from "./topics/topics-slice.js";
export { formatTopicsList, parseTopicsList } from "./topics/topics-list.js";
export type { Dialect, SqlCondition } from "./topics/where.js";
// deltas
export {
  deltaClass,
  type DeltaClass,
  type Field,
  type FieldMap,
  type FieldsOf,
  type PartDelta,
  type WholePart,
} from "./delta/delta-class.js";
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
  part,
  parts,
  string,
  type Json,
} from "./delta/field-types.js";
export type { DeltaInit, DeltaObject } from "./delta/delta-object.js";
export type { Oper, PartOper } from "./delta/oper.js";
export type { FieldVersions, PartFieldPath, Version } from "./delta/version.js";
export { decodeDeltaBuffer, encodeDeltaBuffer, type SchemaSource } from "./delta/delta-buffer.js";
export { makeSchema, parseSchema, type Schema } from "./delta/schema.js";
export { newTechId } from "./base/guid.js";
// errors
export {
  ClientDisabledError,
  DeltaBufferError,
  LiveDistError,
  NotRegisteredError,
  PermissionError,
  SequenceTooOldError,
  TopicNotInSliceError,
  TopicsSliceError,
} from "./base/errors.js";
export { errorCodes, type ErrorCode } from "./base/error-codes.js";
// application side
export { openStore } from "./store/open-store.js";
export type { StoreOptions } from "./store/store-options.js";
export type * from "./store/store.js";
export { Reception } from "./entities/reception.js";
export { httpNotifier, type Notifier } from "./entities/notifier.js";
export { Entities, type EntitiesOptions } from "./entities/entities.js";
export type { CreateOptions, ListOptions, Unit } from "./entities/unit.js";
export type { Arrival, MergePolicy } from "./entities/merge-policy.js";
export type { ExistingPartTable, ExistingTable, ExistingTables } from "./entities/sql/existing-table.js";
export type { Origin, Received, Receiver } from "./entities/receiver.js";
export type { UpdateForm } from "./entities/entity-deltas.js";
// servers
export { startLiveDist, startSite } from "./console/start-with-console.js";
export type { LiveDistServer, StartLiveDistOptions } from "./site/start-live-dist.js";
export type { StartSiteOptions } from "./site/start-site.js";
export type { Site } from "./site/site.js";
export type { Link, LinkRole, LinkState } from "./site/links/link.js";
export { HttpServer } from "./http/http-server.js";
// plugs
export * from "./plugs/cache-notifier.js";
export * from "./plugs/control-and-params.js";
export type { IDeltaObjectsReader } from "./plugs/delta-objects-reader.js";
export type * from "./plugs/web-console.js";
export type * from "./plugs/http-server.js";
export type * from "./plugs/carrier-readings.js";
export type * from "./plugs/operator-page.js";
export * from "./plugs/permit.js";
export { TokenPermit, type StaticKey, type TokenPermitOptions } from "./site/permits/token-permit.js";
export type { Role } from "./site/permits/rights.js";
// for an IHttpServer and an IHttpClient of one's own
export { fromWireError, toWireError, type WireError } from "./base/errors.js";
export type * from "./wire/live-dist-service.js";
export type { IParking } from "./plugs/parking.js";
export { type ParkRequest, readParkRequest } from "./wire/park-request.js";
export { readRequest } from "./wire/read-request.js";
export type { Request, ServerRole } from "./wire/requests.js";
export type { Logger } from "./base/logger.js";
export type { Clock } from "./base/clock.js";
// clients
export * from "./edge/index.js";
export { SqliteCopy, type SqliteCopyOptions } from "./edge/sqlite-copy.js";

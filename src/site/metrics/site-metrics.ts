import type { Level } from "../../plugs/carrier-readings.js";
import type { ConditionName } from "../../plugs/control-and-params.js";
import type { Metric, Sample } from "./metric.js";
import type { LinkReading, Readings } from "./readings.js";

/** Conditions are told also while they do not last, so that an alert has something to compare. */
const conditionNames: Readonly<Record<ConditionName, true>> = {
  LogUnreadable: true,
  ClientsUnreadable: true,
  PositionFromTheFuture: true,
};

const server: readonly Metric<Readings>[] = [
  {
    name: "info",
    help: "1, with what the server is.",
    labels: ["version", "schema", "site"],
    read: ({ version, status: { schemaName = "", siteId, siteName } }) => [
      { value: 1, labels: { version, schema: schemaName, site: siteId ?? siteName ?? "" } },
    ],
  },
  {
    name: "ready",
    help: "1 where /readyz says that clients may be sent here.",
    read: ({ isReady }) => Number(isReady),
  },
  {
    name: "condition",
    help: "For how many clients (or 1, for the server itself) an exceptional condition lasts.",
    labels: ["condition"],
    read: ({ reporter }) =>
      Object.keys(conditionNames).map((condition) => ({
        value: reporter.conditions.get(condition as ConditionName) ?? 0,
        labels: { condition },
      })),
  },
  {
    name: "events_total",
    help: "What happened without a condition: ClientGone, PermissionRefused, SnapshotAborted.",
    labels: ["event"],
    read: ({ reporter }) => counted(reporter.events, "event"),
  },
  {
    name: "log_messages_total",
    help: "Warnings and errors given to the logger.",
    labels: ["level"],
    read: ({ logCounts }) => Object.entries(logCounts).map(([level, value]) => ({ value, labels: { level } })),
  },
];

const requests: readonly Metric<Readings>[] = [
  { name: "requests_total", help: "Requests and streams begun.", read: counter("requests") },
  {
    name: "failures_total",
    help: "Requests and streams that the service refused or failed, by error code.",
    labels: ["code"],
    read: ({ reporter }) => counted(reporter.failures, "code"),
  },
  { name: "streams", help: "Streams of deltas that run.", read: counter("runningStreams") },
  { name: "snapshots_total", help: "Loads begun.", read: counter("snapshots") },
  { name: "snapshots", help: "Loads that run.", read: counter("runningSnapshots") },
  { name: "snapshot_bytes_total", help: "Bytes given in loads that have ended.", read: counter("snapshotBytes") },
  {
    name: "running_requests",
    help: "Requests of clients that run, waiting polls and streams included.",
    read: ({ status }) => status.runningRequests,
  },
];

const log: readonly Metric<Readings>[] = [
  {
    name: "database_up",
    help: "1 where the database answered just now; absent of a proxy.",
    read: ({ log }) => (log === "none" ? undefined : Number(log !== "unreadable")),
  },
  { name: "log_sequence", help: "The sequence-number that the server has read up to.", read: (r) => r.status.sequence },
  {
    name: "log_last_sequence",
    help: "The last sequence-number of the log in the database.",
    read: ({ log }) => (typeof log === "string" ? undefined : log.lastSequence),
  },
  {
    name: "log_first_sequence",
    help: "The first sequence-number that the log in the database still holds.",
    read: ({ log }) => (typeof log === "string" ? undefined : log.firstSequence),
  },
  { name: "window_from_sequence", help: "The first sequence-number held in memory.", read: (r) => r.status.windowFrom },
  { name: "window_bytes", help: "Bytes of the log held in memory.", read: (r) => r.status.windowBytes },
];

const memory: readonly Metric<Readings>[] = [
  { name: "entities", help: "Entities in the cache.", read: (r) => r.status.entities },
  {
    name: "header_only_entities",
    help: "Entities of which the cache holds the header alone.",
    read: (r) => r.status.headerOnlyEntities,
  },
  { name: "entity_bytes", help: "Bytes of the entities in the cache.", read: (r) => r.status.entityBytes },
  {
    name: "entity_held_bytes",
    help: "Bytes that the cache holds for its entities, replaced ones included.",
    read: (r) => r.status.heldBytes,
  },
  {
    name: "subscription_groups",
    help: "Different slices and modes in use.",
    read: ({ status }) => status.subscriptionGroups,
  },
  { name: "registered_clients", help: "Registered clients.", read: (r) => r.status.registeredClients },
  {
    name: "registered_entities",
    help: "Entities that some client is registered on.",
    read: ({ status }) => status.registeredEntities,
  },
  { name: "registration_bytes", help: "Bytes of the registration table.", read: (r) => r.status.registrationBytes },
];

const neighbours: readonly Metric<Readings>[] = [
  {
    name: "link_up",
    help: "1 where a link to another site of the tree follows it.",
    labels: ["peer", "role"],
    read: links(({ state }) => ({ value: Number(state === "live") })),
  },
  {
    name: "link_state",
    help: "1, with the state of a link.",
    labels: ["peer", "role", "state"],
    read: links(({ state }) => ({ value: 1, labels: { state } })),
  },
  {
    name: "link_failure",
    help: "1, with the error code of what a link waits after or failed of.",
    labels: ["peer", "role", "code"],
    read: links(({ failure }) => (failure === undefined ? undefined : { value: 1, labels: { code: failure } })),
  },
  {
    name: "link_sequence",
    help: "The sequence-number of the neighbour's log that is applied here.",
    labels: ["peer", "role"],
    read: links(({ sequence }) => ({ value: sequence })),
  },
  {
    name: "connected_to_center",
    help: "Of a proxy, 1 where every link up to the center is up.",
    read: ({ status: { connectedToCenter } }) =>
      connectedToCenter === undefined ? undefined : Number(connectedToCenter),
  },
  {
    name: "proxy_topics",
    help: "Topics that a proxy receives; absent where it receives everything.",
    read: ({ status }) => status.topics,
  },
];

const http: readonly Metric<Readings>[] = [
  ...level("http_connections", "TCP connections", ({ connections }) => connections),
  ...level("http_streams", "WebSockets", ({ streams }) => streams),
  ...level("http_requests", "Requests and streams served at once", ({ requests }) => requests),
  ...level("http_loads", "Loads answered at once", ({ loads }) => loads),
  ...level("http_body_bytes", "Bytes of request bodies held at once", ({ bodyBytes }) => bodyBytes),
  {
    name: "http_connections_total",
    help: "TCP connections accepted.",
    read: ({ carrier }) => carrier?.connectionsTotal,
  },
  { name: "http_received_bytes_total", help: "Bytes received.", read: ({ carrier }) => carrier?.receivedBytesTotal },
  { name: "http_sent_bytes_total", help: "Bytes sent.", read: ({ carrier }) => carrier?.sentBytesTotal },
  {
    name: "http_failures_total",
    help: "Requests and streams answered with an error, whoever refused them, by error code.",
    labels: ["code"],
    read: ({ carrier }) => carrier && counted(carrier.failures, "code"),
  },
  {
    name: "tls_certificate_end_seconds",
    help: "When the certificate in use ends, seconds since 1970; absent without TLS.",
    read: ({ carrier }) => (carrier?.certificateEndsMs === undefined ? undefined : carrier.certificateEndsMs / 1000),
  },
];

/** All metrics of one server beside those of its process. */
export const siteMetrics: readonly Metric<Readings>[] = [
  ...server,
  ...requests,
  ...log,
  ...memory,
  ...neighbours,
  ...http,
];

function counter(name: Parameters<Readings["reporter"]["count"]>[0]): (readings: Readings) => number {
  return ({ reporter }) => reporter.counters.get(name) ?? 0;
}

function counted(counts: ReadonlyMap<string, number>, label: string): Sample[] {
  return [...counts].map(([name, value]) => ({ value, labels: { [label]: name } }));
}

function links(sampleOf: (link: LinkReading) => Sample | undefined): (readings: Readings) => Sample[] {
  return ({ status }) =>
    (status.links ?? []).flatMap((link) => {
      const sample = sampleOf(link);
      const { peer, role } = link;
      return sample === undefined ? [] : [{ value: sample.value, labels: { peer, role, ...sample.labels } }];
    });
}

function level(
  name: string,
  what: string,
  levelOf: (carrier: NonNullable<Readings["carrier"]>) => Level,
): readonly Metric<Readings>[] {
  return [
    { name, help: `${what}.`, read: ({ carrier }) => carrier && levelOf(carrier).now },
    { name: `${name}_max`, help: `${what}: the limit.`, read: ({ carrier }) => carrier && levelOf(carrier).max },
  ];
}

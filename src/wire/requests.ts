/** How the server follows a client (guide §2.1.3.1; protocol: modes). */
export type Tracking = "registration" | "transition" | "none";

/** Where a client stands in a log. A sequence-number means nothing without its epoch. */
export interface Position {
  readonly epoch: string;
  readonly sequence: number;
  /** Of a registered client: which of its loads it stands on, as the server named it; to be given back as it is (protocol: stamps). */
  readonly stamp?: string;
}

interface TokenMember {
  /** Whether a server of the site has sent the client to this one: it is not sent on then only to spread the load. */
  readonly sentHere?: boolean;
  /** What proves to the server's permit who asks (guide §5.6): text that means something to that permit alone. */
  readonly token?: string;
}

interface SiteMember {
  /** Only sites send it: the epoch of the client's own log. It tells a site from an edge, and a restored site from the same one before. */
  readonly siteEpoch?: string;
}

/** What a registered client says of itself: the session that BeginSession gave it (protocol: sessions). */
interface SessionMember {
  /** Only with tracking "registration". A session with a higher number fences those with lower ones. */
  readonly session?: number;
  /** The epoch that BeginSession told with the number: in another the number means nothing. Absent: the epoch in force. */
  readonly sessionEpoch?: string;
}

/** What changes a registration has a number within its session, so that a late duplicate changes nothing (protocol: commands). */
interface CommandMember extends SessionMember {
  /** Only with tracking "registration": 1, 2, 3 … */
  readonly command?: number;
}

interface ClientRequest extends TokenMember, SiteMember {
  readonly clientId: string;
  readonly tracking: Tracking;
  /** The client's subscription. */
  readonly topicsSlice: string;
}

/** Begins a session of a registered client: asks for its number. */
export interface BeginSessionRequest extends TokenMember, SiteMember {
  readonly service: "BeginSession";
  readonly clientId: string;
}

/** Asks for everything that the slice selects, as of now (guide §2.2). */
export interface FullLoadRequest extends ClientRequest, CommandMember {
  readonly service: "FullLoad";
}

/** Asks for what the client misses since its position or a time (guide §2.4). */
export interface SyncLoadRequest extends ClientRequest, CommandMember {
  readonly service: "SyncLoad";
  /** Absent, or of another epoch: since the minimum. */
  readonly position?: Position;
  /** Instead of the position's sequence-number: entities with this UpdateTime (ms since 1970) or a later one. */
  readonly updatedSinceMs?: number;
  /** The tech-ids that the client holds, 16 bytes each: its registration is to be exactly that. Absent: its registration stays. */
  readonly techIds?: Uint8Array;
}

/** Asks for another slice: what is still owed under the one in force, then what the new one adds (guide §2.3). */
export interface PartialLoadRequest extends ClientRequest, CommandMember {
  readonly service: "PartialLoad";
  readonly position: Position;
  readonly newTopicsSlice: string;
}

/** Asks for entities by name, which the client found that it lacks (guide §2.6). Its subscription and position stay as they are. */
export interface LoadEntitiesRequest extends ClientRequest, CommandMember {
  readonly service: "LoadEntities";
  readonly position: Position;
  /** 16 bytes each. */
  readonly techIds: Uint8Array;
}

/** Asks whether the client may go on from its position (guide §2.5). */
export interface SkipLoadRequest extends ClientRequest, SessionMember {
  readonly service: "SkipLoad";
  readonly position: Position;
}

/** Says that the client does not hold entities any more (guide §2.3, §2.5). */
export interface UnregisterEntitiesRequest extends ClientRequest, CommandMember {
  readonly service: "UnregisterEntities";
  readonly position: Position;
  /** 16 bytes each. */
  readonly techIds: Uint8Array;
}

/** Asks for the entities that one slice selects and another does not (guide §2.3). */
export interface SelectMinusRequest extends TokenMember {
  readonly service: "SelectMinus";
  readonly clientId: string;
  readonly oldTopicsSlice: string;
  readonly newTopicsSlice: string;
}

/** Asks for what came after the position, and waits for it if there is nothing yet (guide §2.5). */
export interface FetchDeltasRequest extends ClientRequest, SessionMember {
  readonly service: "FetchDeltas";
  readonly position: Position;
  /** Milliseconds to wait at most; the answer is then empty. */
  readonly waitMsMax: number;
}

/** Asks for the text of a schema (guide §4.4). */
export interface ReadSchemaRequest extends TokenMember {
  readonly service: "ReadSchema";
  readonly clientId: string;
  /** Absent: the server's own. */
  readonly schemaName?: string;
}

/** Asks for the rows of LiveDistClients, which a proxy serves by (guide §2.7, §8.1). */
export interface ReadClientsRequest extends TokenMember {
  readonly service: "ReadClients";
  readonly clientId: string;
}

/**
 * Asks what a site knows of the tree, or along the links of one entity, for the console of the site next to it (protocol: a look at
 * the tree).
 */
export interface LookRequest extends TokenMember {
  readonly service: "Look";
  readonly clientId: string;
  /** An entity, as a GUID. Absent: the tree. */
  readonly techId?: string;
  /** Over how many links the site may ask on. */
  readonly depth: number;
}

/** Tells the delta server that rows were committed (guide §4.1, NotifyDeltaServer). */
export interface NotifyRequest extends TokenMember {
  readonly service: "Notify";
}

/** The requests that are answered with a load. */
export type LoadRequest = FullLoadRequest | SyncLoadRequest | PartialLoadRequest | LoadEntitiesRequest;

export type Request =
  | LoadRequest
  | SelectMinusRequest
  | BeginSessionRequest
  | FetchDeltasRequest
  | SkipLoadRequest
  | UnregisterEntitiesRequest
  | ReadSchemaRequest
  | ReadClientsRequest
  | LookRequest
  | NotifyRequest;

export type ServerRole = "delta" | "cache";

/** Which server answers a service: LiveDist…/Delta.config or LiveDist…/Cache.config (guide §7.3). */
export const serverOf = {
  FetchDeltas: "delta",
  SkipLoad: "delta",
  BeginSession: "delta",
  UnregisterEntities: "delta",
  ReadSchema: "delta",
  ReadClients: "delta",
  Look: "delta",
  Notify: "delta",
  FullLoad: "cache",
  SyncLoad: "cache",
  PartialLoad: "cache",
  LoadEntities: "cache",
  SelectMinus: "cache",
} as const satisfies Record<Request["service"], ServerRole>;

/** Gives the path of a server (guide §7.3); `suffix` is LiveDistApplicationSuffix. */
export function serverPath(suffix: string, role: ServerRole): string {
  return `${serversFolder(suffix)}${role === "delta" ? "Delta" : "Cache"}.config`;
}

/** Gives the folder of the servers' paths, which ends with a slash: their console is there. */
export function serversFolder(suffix: string): string {
  return `/LiveDist${suffix}/`;
}

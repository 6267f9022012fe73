import type { Request, Tracking } from "../wire/requests.js";

/** What a permit is asked about: a request, as far as it is of interest to who decides on it. */
export interface PermitRequest {
  /**
   * What is asked for. Beside the services of the protocol: Park, where a son keeps a connection open for the requests of its father,
   * this site; ReadMetrics, by GET /metrics; Administer, on the web page for administration. ReadClients, ReadMetrics and Administer are for who runs
   * the site (ReadClients also for its proxies): they tell of other clients. Look is for the sites and proxies next to this one, which it tells of the tree and, without
   * values, of one entity along the links: what is granted as `topicsSlice` is the entities of which it may tell.
   */
  readonly service: Request["service"] | "Park" | "ReadMetrics" | "Administer";
  /** Who asks, as the request says; the credentials are to prove it. Absent for Notify, ReadMetrics and Administer, which no client sends. */
  readonly clientId: string | undefined;
  /** Absent where the service takes none. */
  readonly tracking: Tracking | undefined;
  /** The topics-slice asked for, not parsed yet (`parseTopicsSlice` gives its topics); absent where the service takes none. */
  readonly topicsSlice: string | undefined;
  /**
   * How many entities the request names by tech-id. A registered client is kept current of those that it says it holds, also
   * where its slice does not select them: who must not see an entity must not come to know its tech-id.
   */
  readonly techIdCount: number;
  /** Whether the request says that it comes from a site of the tree: what sites say of themselves is believed. */
  readonly isSite: boolean;
  /** The token that came with the request (`HttpClient`'s option `token`), or undefined. */
  readonly credentials: string | undefined;
}

/** How far a permission goes that is not simply given. */
export interface Permitted {
  /**
   * What stands in place of the topics-slice asked for: to be the same text as long as the client's rights are, since a client
   * for whom it changes has to load again. Absent: the slice as it is.
   */
  readonly topicsSlice?: string;
  /** What makes the one slice of the other, the same for all slices of the client; to be there with `topicsSlice`. */
  readonly narrowing?: string;
  /** When the permission ends, ms since 1970: streams and loads that still run then end with Closed, so that the client asks again. */
  readonly untilMs?: number;
  /** Aborts when the permission ends for another reason: streams, polls and loads that still run end in the same way. */
  readonly ended?: AbortSignal;
}

/**
 * Decides what a client may ask for (guide §5.6, IPermit). `allowAll` is the reference implementation. A server with any other
 * permit may listen beyond its own machine.
 */
export interface IPermit {
  /**
   * Returns, or resolves, where the client may have what it asks for, or what is left of it. Throws or rejects with PermissionError where it may not;
   * whatever else is thrown refuses the request too, and is logged. Asked before every request is served, once for each
   * topics-slice that it names; for a stream when it begins, so that `untilMs`, or disabling the client, is what ends it. Several
   * calls may run at once, and it must not be slow: the client waits for it.
   */
  // eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- most permits have nothing to add
  check(request: PermitRequest): Permitted | void | Promise<Permitted | void>;
  /**
   * Decides on a token that came ahead of its request, in the header `Authorization`, before the rest is read. Throws, or rejects
   * with, PermissionError where `check` would refuse everything for it. A server whose permit has this method reads no more than
   * STRANGER_BODY_BYTES_MAX bytes of a request whose token it has not seen.
   */
  admit?(credentials: string): void | Promise<void>;
}

/** Permits everything to everyone. A server with it listens on its own machine only. */
export const allowAll: IPermit = Object.freeze({ check: () => undefined });

/** How much of something there is at the moment, and the limit on it. */
export interface Level {
  readonly now: number;
  readonly max: number;
}

/** What carries the requests of a server tells of itself when it is asked; reading it costs the requests nothing. */
export interface CarrierReadings {
  readonly connections: Level;
  /** WebSockets. */
  readonly streams: Level;
  /** Requests and streams being served. */
  readonly requests: Level;
  /** Loads being answered. */
  readonly loads: Level;
  /** Bytes of request bodies held. */
  readonly bodyBytes: Level;
  readonly connectionsTotal: number;
  readonly receivedBytesTotal: number;
  readonly sentBytesTotal: number;
  /** How many requests and streams ended with each error code. */
  readonly failures: ReadonlyMap<string, number>;
  /** When the certificate in use ends, ms since 1970; undefined without TLS. */
  readonly certificateEndsMs: number | undefined;
}

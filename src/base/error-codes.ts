/**
 * The one table of error codes. Each code stands on the wire as it is written here; `docs/errors.md` is made from this
 * table (a test compares them), so `meaning` says what happened and `remedy` what to do.
 */
export const errorCodes = {
  NotRegistered: {
    httpStatus: 409,
    meaning: "The server does not have this client's registration for this slice, for instance because it restarted.",
    remedy: "Call syncLoad with the tech-ids held, the slice and the position; a Replica does so by itself.",
  },
  SequenceTooOld: {
    httpStatus: 409,
    meaning: "The client's position is older than what the server's log still holds.",
    remedy: "Load again (fullLoad in transition mode); a Replica does so by itself.",
  },
  EpochChanged: {
    httpStatus: 409,
    meaning: "The position belongs to another epoch of the log: the database was restored or replaced.",
    remedy: "Load again; sequence-numbers of different epochs cannot be compared.",
  },
  FutureSequence: {
    httpStatus: 409,
    meaning:
      "The position is ahead of the server's log although the epoch is the same: the database was probably copied back.",
    remedy: "The operator gives the restored database a new epoch; clients then load again.",
  },
  StaleCommand: {
    httpStatus: 409,
    meaning:
      "The command's number is not above the last one executed in this client session: it is a late duplicate; or a newer session of the client is in force.",
    remedy:
      "Of a duplicate, nothing: the first copy was executed. Otherwise see to it that one Edge at a time uses the ClientId, and start this one anew if it is to take over.",
  },
  UnknownClient: {
    httpStatus: 403,
    meaning: "LiveDistClients has no row with this ClientId.",
    remedy: "Insert the row (store.clients.add) or correct the clientId given to HttpClient.",
  },
  ClientDisabled: {
    httpStatus: 403,
    meaning: "The client's row in LiveDistClients has IsDisabled set.",
    remedy: "Enable the row; the client is served again at once.",
  },
  TopicNotInSlice: {
    httpStatus: 409,
    meaning: "The proxy does not hold a topic that the slice needs.",
    remedy: "Load with this slice; the load makes the proxy fetch the topic.",
  },
  TopicsSlice: {
    httpStatus: 400,
    meaning: "The topics-slice is not a valid expression.",
    remedy: "Correct it at the line and column that the message names.",
  },
  TopicsList: {
    httpStatus: 400,
    meaning: "The topics-list, or a topic in it, is malformed.",
    remedy: "Write it as ,A,B, with topics free of * + ! ( ) , # quotes, white space and control characters.",
  },
  DeltaBuffer: {
    httpStatus: 400,
    meaning: "The bytes are not a valid delta-buffer, or a delta-object does not fit its delta-class.",
    remedy: "Correct the delta-object; if the bytes came from a network or disk, they are damaged.",
  },
  UnknownSchema: {
    httpStatus: 409,
    meaning: "The schema-name in a delta-buffer is not known here.",
    remedy:
      "Store the schema first (livedist make-schema, or start with it); an Edge fetches it from its server by itself.",
  },
  Permission: {
    httpStatus: 403,
    meaning: "The permit refuses this client what it asks for.",
    remedy: "Ask for a slice that the client may see, or widen its permit.",
  },
  Config: {
    httpStatus: 500,
    meaning: "The configuration is wrong or incomplete.",
    remedy: "Correct the key that the message names.",
  },
  Limit: {
    httpStatus: 413,
    meaning: "The input is larger than a named limit allows.",
    remedy: "Send less at once, or raise the limit that the message names.",
  },
  Busy: {
    httpStatus: 429,
    meaning:
      "This client asks for more at once, or more often, than one client may (LiveDistRequestsPerSecondMax, LiveDistLoadsPerClientMax).",
    remedy:
      "Nothing: deltas() and Replica wait and ask again. Where it lasts, give the programs that share the ClientId rows of their own, or raise the key.",
  },
  Request: {
    httpStatus: 400,
    meaning: "The request or answer does not follow the protocol.",
    remedy: "Correct the caller; docs/protocol.md describes each service.",
  },
  Network: {
    httpStatus: 503,
    meaning: "The server could not be reached, or the connection broke before the answer was complete.",
    remedy: "Call again; nothing was half applied. deltas() and Replica retry by themselves.",
  },
  Redirect: {
    httpStatus: 503,
    meaning:
      "Another server of the site is to serve the client: this one has more clients, another role, or no database.",
    remedy: "Nothing: an Edge goes on at the server that the answer names.",
  },
  NotServed: {
    httpStatus: 503,
    meaning:
      "A delta server alone was asked for what cache servers serve, or the other way round, and it knows no server of the other kind.",
    remedy:
      "Start the other server on the same database (LiveDistStartDeltaServer, LiveDistStartCacheServer), or name it to the client too; an Edge tries the others that it was given by itself.",
  },
  Closed: {
    httpStatus: 503,
    meaning: "The server, store or edge is closing or closed.",
    remedy: "Open it again.",
  },
  Entity: {
    httpStatus: 400,
    meaning:
      "An entity cannot be written as asked: no such tech-id, a taken tech-id, an unknown field or a value of another type.",
    remedy: "Correct the call; its transaction was rolled back.",
  },
  ClockAhead: {
    httpStatus: 409,
    meaning:
      "A version that arrived from another site is further ahead of the clock here than clockAheadMsMax allows: one of the two clocks is wrong.",
    remedy: "Set the clocks of both sites; the link tries again until the version is near enough.",
  },
  Store: {
    httpStatus: 500,
    meaning: "The database refused an operation.",
    remedy: "Read the message, which carries the database's own.",
  },
  Internal: {
    httpStatus: 500,
    meaning: "The server met a state that it holds to be impossible.",
    remedy: "Report it with the server's log; the connection and the server go on.",
  },
} as const satisfies Record<string, { httpStatus: number; meaning: string; remedy: string }>;

export type ErrorCode = keyof typeof errorCodes;

/** Tells whether a string that came over the wire is one of our codes. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

/** Every limit on what input can make grow, in one place. Exceeding one is an error with the code `Limit`. */

/** Characters in one topic. */
export const TOPIC_LENGTH_MAX = 200;
/** Topics in one topics-list. */
export const TOPICS_LIST_TOPICS_MAX = 1_000;
/** Characters in the text of a topics-slice. */
export const TOPICS_SLICE_LENGTH_MAX = 1_000_000;
/** Topics and time-windows in a topics-slice. */
export const TOPICS_SLICE_TERMS_MAX = 20_000;
/** Characters of all the topics-slices that a server keeps parsed for the next request; a short one counts as 100. */
export const SLICES_KEPT_LENGTH_MAX = 2_000_000;
/** Parentheses open at once in a topics-slice. */
export const TOPICS_SLICE_DEPTH_MAX = 200;
/** AND and OR within each other in the SQL of a topics-slice. SQLite refuses 1,000, and the caller's own SQL wants some. */
export const TOPICS_SLICE_SQL_DEPTH_MAX = 400;
/** Parameters of one SQLite statement (its SQLITE_MAX_VARIABLE_NUMBER). */
export const SQLITE_PARAMETERS_MAX = 32_766;
/** Parameters of one PostgreSQL statement (a 16-bit count in its protocol). */
export const POSTGRESQL_PARAMETERS_MAX = 65_535;
/** Parameters of one SQL Server statement: 2,100, two of which sp_executesql takes for itself. */
export const SQLSERVER_PARAMETERS_MAX = 2_098;
/** Bytes of one delta-buffer: what one transaction appends to the log. */
export const DELTA_BUFFER_BYTES_MAX = 64 * 1024 * 1024;
/** Tech-ids in one request: what a client says that it holds, or holds no more. Their bytes fit into a row of the log. */
export const TECH_IDS_MAX = 4_000_000;
/** Bytes of one request's body, the tech-ids in it not counted. */
export const REQUEST_BYTES_MAX = 2 * 1024 * 1024;
/** Bytes of one frame of an answer: a delta-buffer and its sequence-number. */
export const FRAME_BYTES_MAX = DELTA_BUFFER_BYTES_MAX + 1024;
/** Milliseconds that one fetchDeltas may wait on the server. */
export const WAIT_MS_MAX = 120_000;
/** Milliseconds until a stream tells a site that the log has gone on without anything for it: what it acknowledges can be dropped. */
export const SITE_MOVED_MS_MAX = 2_000;
/** Milliseconds from one time that an idle stream tells its position to the next, at least. */
export const STREAM_IDLE_MS_MIN = 10;
/** Subscription groups of one server: different (slice, mode) pairs in use at once. */
export const SUBSCRIPTION_GROUPS_MAX = 20_000;
/** Bytes of deltas in one answer of FetchDeltas; at least one transaction is given, however large. */
export const BATCH_BYTES_MAX = 1024 * 1024;
/** Bytes that a WebSocket stream may have in flight before the client acknowledges. */
export const STREAM_WINDOW_BYTES_MAX = 4 * 1024 * 1024;
/** Loads that one server streams at once. */
export const LOADS_MAX = 1_000;
/** Entities that a resumed stream may differ by; beyond it the client has to load again. */
export const RESUME_ENTITIES_MAX = 200_000;
/** Bytes of the entities that a resumed stream may differ by; beyond it the client has to load again. */
export const RESUME_BYTES_MAX = 64 * 1024 * 1024;
/** Characters in the name of a delta-class, a field or a schema. */
export const NAME_LENGTH_MAX = 64;
/** Fields of one delta-class, those of its base classes included. */
export const FIELDS_MAX = 1_000;
/** Delta-classes of one schema. */
export const DELTA_CLASSES_MAX = 10_000;
/** Parts within parts. */
export const PART_DEPTH_MAX = 16;
/** Characters in the text of an XML file: a web.config, a list of delta-classes. */
export const XML_LENGTH_MAX = 4_000_000;
/** Keys in one source of the configuration. */
export const CONFIG_KEYS_MAX = 1_000;
/** Direct sons of one site (guide §6.1), and addresses of a father or a mother. */
export const PEERS_MAX = 64;
/** Times that a server begins its site's links again while it leads, since one that led before pushed them out. */
export const LINK_RETAKES_MAX = 4;
/** Times that one request of a client goes where a server sends it. */
export const REDIRECTS_MAX = 3;
/** Milliseconds for which a client that was sent to a server says so, and is not sent on to spread the load. */
export const REDIRECT_REST_MS = 30_000;
/** Milliseconds from one sign of life of a server to the next. */
export const SERVER_BEAT_MS = 1_000;
/** Signs of life that a server may owe before the others count on it no longer, and another one leads in its place. */
export const SERVER_SILENT_BEATS_MAX = 3;
/** Signs of life that a server may owe before its row goes. */
export const SERVER_FORGET_BEATS = 60;
/** Clients that a server has more than another one before it sends any there; or a tenth of its own, where that is more. */
export const SERVER_CLIENTS_SLACK = 8;
/** Streams that a server sends to another one between two signs of life. */
export const SERVER_STREAMS_SENT_MAX = 100;
/** Rows that were carried to a server and wait to be read there. */
export const CARRIED_ROWS_MAX = 10_000;
/** Bytes of rows that wait to be read where they were carried to, or to be sent from where they come. */
export const CARRIED_BYTES_MAX = 16 * 1024 * 1024;
/** Milliseconds for which a server that is given the rows by others does not look into the log, where nothing is missing. */
export const CARRIED_LOG_LOOK_MS = 2_000;
/** Bytes of the stream by which NATS carries rows. */
export const NATS_STREAM_BYTES_MAX = 256 * 1024 * 1024;
/** Topics that a proxy receives from its mother. */
export const PROXY_TOPICS_MAX = 10_000;
/** Loads of edges that wait in one proxy for topics that it does not hold. */
export const PROXY_WAITING_MAX = 10_000;
/** Bytes of what a proxy missed as it enters its log at once; beyond it the proxy begins anew, and its edges load again. */
export const PROXY_ROW_BYTES_MAX = 64 * 1024 * 1024;
/** Holes in the log of a proxy that it remembers; a position before the oldest of them is too old. */
export const SPANS_MAX = 1_000;
/** Characters of a ClientId. */
export const CLIENT_ID_LENGTH_MAX = 64;
/** Characters of the name of a log's epoch. */
export const EPOCH_LENGTH_MAX = 64;
/** Characters of the tables' prefix. */
export const TABLES_PREFIX_LENGTH_MAX = 64;
/** Snapshots that one store reads at once; further ones wait for their turn. */
export const STORE_SNAPSHOTS_MAX = 8;
/** Callers that wait for their turn at one store. */
export const STORE_WAITING_MAX = 100_000;
/** Milliseconds that a store waits for a lock which another connection to the database holds. */
export const STORE_BUSY_MS_MAX = 10_000;
/** Prepared statements that a store keeps for each of its connections; the oldest goes first. */
export const STORE_STATEMENTS_MAX = 500;
/** Rows in one batch of a stream, and rows handled before other work gets its turn. */
export const STREAM_BATCH_ROWS_MAX = 1_000;
/** Bytes in one batch of a stream; at least one row is given, however large. */
export const STREAM_BATCH_BYTES_MAX = 4 * 1024 * 1024;
/** Entries of one table in memory: entities of a cache, distinct topics, distinct topics-lists, topics in these lists. */
export const TABLE_ENTRIES_MAX = 2 ** 27;
/** Bytes of one entity as a cache holds it. */
export const RECORD_BYTES_MAX = DELTA_BUFFER_BYTES_MAX;
/** TCP connections of one server, those of its streams included; it drops further ones. */
export const CONNECTIONS_MAX = 60_000;
/** Requests and streams that one server serves at once, those that wait for deltas included; a connection may bring several. */
export const REQUESTS_MAX = 100_000;
/** Bytes of the bodies of all requests that one server holds at once, while they arrive and are served. */
export const REQUEST_BODIES_BYTES_MAX = 512 * 1024 * 1024;
/** WebSocket streams of one server. */
export const SOCKETS_MAX = 50_000;
/** Batches that a WebSocket stream may have in flight before the client acknowledges. */
export const STREAM_WINDOW_BATCHES_MAX = 1_000;
/** Batches of a stream that an Edge takes before it acknowledges them at once; far below STREAM_WINDOW_BATCHES_MAX. */
export const STREAM_ACKNOWLEDGED_BATCHES_MAX = 100;
/** Bytes of a stream that an Edge receives before it acknowledges at once; far below STREAM_WINDOW_BYTES_MAX. */
export const STREAM_ACKNOWLEDGED_BYTES_MAX = 256 * 1024;
/** Milliseconds after which an Edge acknowledges what it has taken of a stream, however little. */
export const STREAM_ACKNOWLEDGED_MS_MAX = 5_000;
/** The same for a site: its peer may then drop what only that site was to have. */
export const SITE_ACKNOWLEDGED_MS_MAX = 1_000;
/** Bytes of one fragment of a WebSocket message: a ping waits for no more than that. */
export const STREAM_FRAGMENT_BYTES_MAX = 64 * 1024;
/** Milliseconds from opening a WebSocket to its first message, the request. */
export const STREAM_REQUEST_MS_MAX = 10_000;
/** Milliseconds from one ping of a WebSocket to the next; who has not answered by then is dropped. */
export const PING_MS = 30_000;
/** Milliseconds that the headers of an HTTP request may take to arrive. */
export const REQUEST_HEADERS_MS_MAX = 20_000;
/** Milliseconds that an HTTP request may take to arrive, its body included. */
export const REQUEST_MS_MAX = 60_000;
/** Milliseconds that an HTTP connection is kept for the next request. */
export const KEEP_ALIVE_MS_MAX = 65_000;
/** Milliseconds without a byte in either direction after which an HTTP connection is dropped; above WAIT_MS_MAX. */
export const CONNECTION_IDLE_MS_MAX = 300_000;
/** Bytes of a request's body, or of a message of a WebSocket, that a server reads whose permit has not seen the token, where it may come ahead (`IPermit.admit`). */
export const STRANGER_BODY_BYTES_MAX = 64 * 1024;
/** Tokens that a permit keeps verified, and ways to narrow slices that a server keeps named; the oldest are forgotten. */
export const RIGHTS_KEPT_MAX = 10_000;
/** Milliseconds from one look at the permit file to the next. */
export const PERMIT_REREAD_MS = 5_000;
/** Milliseconds from one look at the files of a certificate to the next. */
export const TLS_REREAD_MS = 60_000;
/** Milliseconds that a closing server gives its clients to hear of it. */
export const CLOSE_MS_MAX = 2_000;
/** Bytes that an Edge holds of one batch, or of a stream that is not read. More than the largest transaction and a window. */
export const RECEIVED_BYTES_MAX = 4 * DELTA_BUFFER_BYTES_MAX;
/** Bytes of an answer that is JSON: a schema's text, an error. */
export const JSON_ANSWER_BYTES_MAX = 16 * 1024 * 1024;
/** Schemas that an Edge fetches and keeps. */
export const SCHEMAS_MAX = 1_000;
/** Entities in one row of the log where those of an application's own table are taken over. */
export const TAKE_OVER_ENTITIES_MAX = 100;
/** Tables that the entities of one schema take, those of their parts included. */
export const ENTITY_TABLES_MAX = 10_000;
/** Milliseconds that an HTTP notification of a delta server may take. */
export const NOTIFY_MS_MAX = 5_000;
/** Registered clients of one server: a bit each in masks of 64. */
export const REGISTERED_CLIENTS_MAX = 64;
/** Streams and polls that the console shows at once: those that are furthest behind. */
export const CONSOLE_EDGES_MAX = 1_000;
/** Deltas in one answer of the console's live tail. */
export const CONSOLE_DELTAS_MAX = 200;
/** Entities that the console names as a sample of many. */
export const CONSOLE_SAMPLE_MAX = 10;
/** Seconds of which the console keeps what its charts show. */
export const CONSOLE_HISTORY_SECONDS = 600;
/** Deltas of one second whose age is measured for the console's charts. */
export const CONSOLE_AGES_MAX = 1_000;
/** Links, one behind the other, over which a console asks the consoles of other sites. */
export const CONSOLE_DEPTH_MAX = 8;
/** Milliseconds that the console of another site may take for each of the links behind it. */
export const CONSOLE_NEIGHBOUR_MS_MAX = 500;
/** Deltas of one entity that are explained to who asks why a client holds it: the newest. */
export const WHY_DELTAS_MAX = 50;
/** Rows of the log behind the part in memory, and their bytes, that are searched for deltas of that entity. */
export const WHY_LOG_ROWS_MAX = 10_000;
export const WHY_LOG_BYTES_MAX = 16 * 1024 * 1024;
/** Clients of which a server remembers where they stood; rows of LiveDistClients come and go. */
export const CLIENTS_SEEN_MAX = 1_000;
/** Commands of registered clients that wait in one server to come back in the log. */
export const COMMANDS_WAITING_MAX = 10_000;
/** Transactions that one store runs at once on a database with many writers; further ones wait for their turn. */
export const STORE_TRANSACTIONS_MAX = 8;
/** Single statements that one store reads with at once, outside of transactions and snapshots. */
export const STORE_READS_MAX = 4;
/** Connections of one store to a database server, snapshots within transactions or snapshots included. */
export const STORE_CONNECTIONS_MAX = 64;
/** Milliseconds that a store which numbers the log may be silent before another one numbers in its place. */
export const STORE_LEASE_MS = 3_000;
/** Rows of the log that are numbered in one transaction: while the next are, these are read. */
export const LOG_NUMBERED_ROWS_MAX = 5_000;
/** Milliseconds from one attempt to listen to a database again to the next, at most. */
export const STORE_RECONNECT_MS_MAX = 5_000;
/** Milliseconds that a closing store takes to give back what others would wait for. */
export const STORE_RELEASE_MS_MAX = 1_000;
/** Entities that are not in the cache and are read in one call of the reader. */
export const BODIES_READ_MAX = 1_000;
/** Bytes of such entities after which a call of the reader is ended; what is left is read by the next. */
export const BODIES_READ_BYTES_MAX = 4 * 1024 * 1024;
/** Milliseconds that a version from another site may be ahead of the local clock (EntitiesOptions.clockAheadMsMax). */
export const CLOCK_AHEAD_MS_MAX = 5 * 60_000;
/** WebSockets of one son that wait parked at its father; the oldest is closed for a new one. */
export const PARKED_SOCKETS_MAX = 8;
/** Requests of a father that wait for a WebSocket of its son. */
export const PARKED_WAITING_MAX = 1_000;
/** Requests of one father server that a son answers at once over WebSockets of its own. */
export const REVERSE_ANSWERS_MAX = 16;
/** Delta-objects of a load that a site applies in one transaction. */
export const LINK_DELTAS_MAX = 1_000;
/** Tech-ids that a link notes to load or to unregister; beyond it the link names all that is held instead. */
export const LINK_TECH_IDS_MAX = 10_000;
/** Entities that a site drops in one transaction. */
export const DROP_ENTITIES_MAX = 1_000;
/** Deleted parts that one collection remembers, so that sites which still have them hear of it; the oldest are forgotten first. */
export const PART_TOMBSTONES_MAX = 200;
/** Up to where versions count within one millisecond: far beyond what a site writes, and far below what the wire can carry. */
export const VERSION_COUNTER_MAX = 1_000_000_000;

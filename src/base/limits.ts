/** Every limit on what input can make grow, in one place. Exceeding one is an error with the code `Limit`. */

/** Characters in one topic. */
export const TOPIC_LENGTH_MAX = 200;
/** Topics in one topics-list. */
export const TOPICS_LIST_TOPICS_MAX = 1_000;
/** Characters in the text of a topics-slice. */
export const TOPICS_SLICE_LENGTH_MAX = 1_000_000;
/** Topics and time-windows in a topics-slice. */
export const TOPICS_SLICE_TERMS_MAX = 20_000;
/** Parentheses open at once in a topics-slice. */
export const TOPICS_SLICE_DEPTH_MAX = 200;
/** Bytes of one delta-buffer: what one transaction appends to the log. */
export const DELTA_BUFFER_BYTES_MAX = 64 * 1024 * 1024;
/** Bytes of one request's body. */
export const REQUEST_BYTES_MAX = 2 * 1024 * 1024;
/** Bytes of one frame of an answer: a delta-buffer and its sequence-number. */
export const FRAME_BYTES_MAX = DELTA_BUFFER_BYTES_MAX + 1024;
/** Milliseconds that one fetchDeltas may wait on the server. */
export const WAIT_MS_MAX = 120_000;
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

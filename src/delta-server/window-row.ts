import type { CacheChange } from "../cache-server/cache.js";
import { type EncodedDelta, sameTopics } from "../delta/encoded-delta.js";
import type { SchemaDelta } from "../delta/merge-record.js";
import { appTopics, isRoutingTopic, routedTopics } from "../topics/topics-list.js";
import { LateBody } from "./late-body.js";
import type { StreamEntry } from "./stream-entries.js";

/** A delta as it stands in the window: its header, and all that decisions about it depend on. */
export interface WindowDelta {
  readonly encoded: EncodedDelta;
  /** The schema-name of `encoded`. */
  readonly schemaName: string;
  /** The app topics now; what a deleted entity has does not count. */
  readonly appTopics: readonly string[];
  /** The app topics before, or null where there was no entity; the same list as now where they are the same topics. */
  readonly oldAppTopics: readonly string[] | null;
  /** All topics, `#T` read as `T`. */
  readonly routedTopics: readonly string[];
  /** The whole entity after the delta, as the cache held it at this sequence. */
  readonly record: Uint8Array | undefined;
  /** The schema-name of `record`. */
  readonly recordSchemaName: string | undefined;
  /** The rest of the entity, where `record` is only its header. */
  readonly late: LateBody | undefined;
}

/** A row of the log in the window. */
export interface WindowRow {
  readonly sequence: number;
  readonly deltas: readonly WindowDelta[];
  /** The span of the transaction, where it said one: passed on as it is. */
  readonly trace: Uint8Array | undefined;
  /** When it was read, in milliseconds since 1970. */
  readonly enteredMs: number;
  /** What the row holds in memory, about. */
  bytes: number;
  /** What its entries hold beside that. */
  frameBytes: number;
  /** The entries made of it so far, each for all streams that are given the same of it; see row-frame.ts. */
  readonly entries: Map<number | string, StreamEntry & { readonly frame: Uint8Array }>;
}

export function windowRow(
  sequence: number,
  deltas: readonly WindowDelta[],
  bytes: number,
  enteredMs: number,
  trace?: Uint8Array,
): WindowRow {
  return { sequence, deltas, enteredMs, trace, bytes, frameBytes: 0, entries: new Map() };
}

/**
 * Makes the delta of a window. The topics before are the cache's where it holds the entity, so that the exactness of clients'
 * copies does not hang on what an application says of the past; otherwise those that the delta names.
 */
export function windowDelta(
  { encoded, schema }: SchemaDelta,
  change: CacheChange | undefined,
  sequence: number,
): WindowDelta {
  const { topics } = encoded;
  const hasLoop = topics.some(isRoutingTopic);
  const app = hasLoop ? appTopics(topics) : topics;
  const old = change?.oldTopics ?? (encoded.oldTopics && appTopics(encoded.oldTopics));
  return {
    encoded,
    schemaName: schema.name,
    appTopics: app,
    oldAppTopics: old && (sameTopics(app, old) ? app : old),
    routedTopics: hasLoop ? [...routedTopics(topics)] : topics,
    record: change?.record,
    recordSchemaName: change?.schema.name,
    late: change && lateBodyOf(change, sequence),
  };
}

function lateBodyOf({ record, isHeaderOnly, schema }: CacheChange, sequence: number): LateBody | undefined {
  return record !== undefined && isHeaderOnly ? new LateBody(sequence, record, schema) : undefined;
}

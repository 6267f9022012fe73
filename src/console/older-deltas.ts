import { WHY_LOG_BYTES_MAX, WHY_LOG_ROWS_MAX } from "../base/limits.js";
import { readLogRow } from "../delta-server/read-log-row.js";
import { windowDelta, windowRow } from "../delta-server/window-row.js";
import type { SchemaRegistry } from "../delta/schema-registry.js";
import type { LogRow, StoreLog } from "../store/store.js";
import { isOf } from "./entity-deltas.js";
import type { RowDelta } from "./registered-decisions.js";

/** Rows of one look into the log. */
const LOOK_ROWS = 1_000;

/** The cache held what was updated, as long as nothing was amiss: decisions hang on nothing more of it. */
const HELD = new Uint8Array(0);

/** What was found of an entity behind the window. */
export interface OlderDeltas {
  /** The oldest first. */
  readonly deltas: readonly RowDelta[];
  /** Every row after this sequence-number was looked at. */
  readonly lookedFrom: number;
}

export interface Search {
  readonly log: Pick<StoreLog, "read" | "bounds">;
  readonly schemas: SchemaRegistry;
  readonly techId: Uint8Array;
  /** Rows after this sequence-number are of interest, up to `through`. */
  readonly after: number;
  readonly through: number;
  /** Where so many are found it looks no further. */
  readonly deltasMax: number;
}

/**
 * Finds the deltas of an entity in the log's table, from the newest row on backwards, until WHY_LOG_ROWS_MAX rows or
 * WHY_LOG_BYTES_MAX bytes were looked at, or the log begins.
 */
export async function olderDeltas(search: Search): Promise<OlderDeltas> {
  const { through, deltasMax } = search;
  const { firstSequence } = await search.log.bounds();
  const end = Math.max(search.after, firstSequence - 1, through - WHY_LOG_ROWS_MAX);
  let deltas: RowDelta[] = [];
  let lookedFrom = through;
  let bytesLeft = WHY_LOG_BYTES_MAX;
  while (lookedFrom > end && deltas.length < deltasMax) {
    const from = Math.max(end, lookedFrom - LOOK_ROWS);
    const rows = await readBetween(search.log, from, lookedFrom, bytesLeft);
    if (rows === undefined) break;
    for (const { deltaBuffer } of rows) bytesLeft -= deltaBuffer.length;
    deltas = [...(await deltasIn(rows, search)), ...deltas];
    lookedFrom = from;
  }
  return { deltas: chained(deltas), lookedFrom };
}

/** Gives the rows after `from` up to `through`; undefined where they have more bytes. */
async function readBetween(
  log: Search["log"],
  from: number,
  through: number,
  bytesMax: number,
): Promise<LogRow[] | undefined> {
  const rows: LogRow[] = [];
  let [at, bytesLeft] = [from, bytesMax];
  while (at < through) {
    if (bytesLeft <= 0) return undefined;
    const read = await log.read(at, { rowsMax: through - at, bytesMax: bytesLeft });
    for (const row of read) {
      if (row.sequence <= through) rows.push(row);
      bytesLeft -= row.deltaBuffer.length;
    }
    at = read.at(-1)?.sequence ?? through;
  }
  return bytesLeft < 0 ? undefined : rows;
}

async function deltasIn(rows: readonly LogRow[], { schemas, techId }: Search): Promise<RowDelta[]> {
  const found: RowDelta[] = [];
  for (const row of rows) {
    for (const delta of (await readLogRow(row, schemas)) ?? []) {
      if (!isOf(delta.encoded, techId)) continue;
      const isHeld = delta.encoded.oper !== "DELETE";
      const one = { ...windowDelta(delta, undefined, row.sequence), ...(isHeld && { record: HELD }) };
      // When it was read is kept nowhere.
      found.push({ row: windowRow(row.sequence, [one], 0, delta.encoded.updateTimeMs), delta: one, isOld: true });
    }
  }
  return found;
}

/** Puts in what the topics were before, where a delta does not name them and the one before it was found. */
function chained(deltas: readonly RowDelta[]): RowDelta[] {
  return deltas.map((one, at) => {
    const before = deltas[at - 1]?.delta;
    if (before === undefined || one.delta.oldAppTopics !== null || before.encoded.oper === "DELETE") return one;
    return { ...one, delta: { ...one.delta, oldAppTopics: before.appTopics } };
  });
}

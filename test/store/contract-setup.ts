import { afterEach, beforeEach, expect } from "vitest";
import type { ErrorCode } from "../../src/base/error-codes.js";
import { LiveDistError } from "../../src/base/errors.js";
import type { LogRow, SqlRow, Store, Transaction } from "../../src/store/store.js";

/** A store on a new, empty database. */
export interface OpenedStore {
  readonly store: Store;
  /** Opens the same database once more; absent where the database ends with its store. */
  readonly reopen?: () => Promise<Store>;
  /** Closes what was opened and removes the database. */
  readonly cleanup: () => Promise<void>;
}

export type OpenStore = () => Promise<OpenedStore>;

/** What a suite works on: anew for each test. */
export interface Setup {
  readonly store: Store;
  readonly opened: OpenedStore;
}

export function setUp(open: OpenStore): Setup {
  let opened: OpenedStore | undefined;
  beforeEach(async () => {
    opened = await open();
  });
  afterEach(() => opened?.cleanup());
  return {
    get store() {
      return opened!.store;
    },
    get opened() {
      return opened!;
    },
  };
}

export const everything = { rowsMax: 1_000_000, bytesMax: 1 << 30 };

export function append(store: Store, ...buffers: Uint8Array[]): Promise<void> {
  return store.transaction(async (transaction) => {
    for (const buffer of buffers) await store.log.append(transaction, buffer);
  });
}

/** Appends transactions of one byte each: their numbers. */
export async function appendNumbers(store: Store, ...numbers: number[]): Promise<void> {
  for (const number of numbers) await append(store, Uint8Array.of(number));
}

export function readLog(store: Store, afterSequence = 0): Promise<LogRow[]> {
  return store.log.read(afterSequence, everything);
}

export async function logNumbers(store: Store): Promise<number[]> {
  return (await readLog(store)).map((row) => row.deltaBuffer[0]!);
}

/** Creates a table of the application's, as every database understands it. */
export function createNotes(store: Store): Promise<number> {
  return store.transaction((transaction) =>
    transaction.run("CREATE TABLE notes (id INTEGER NOT NULL PRIMARY KEY, body VARCHAR(100))"),
  );
}

/** Many statements would take long where each is a journey to a server. */
const NOTES_AT_ONCE = 500;

export async function addNotes(transaction: Transaction, ...ids: number[]): Promise<void> {
  for (let at = 0; at < ids.length; at += NOTES_AT_ONCE) {
    const some = ids.slice(at, at + NOTES_AT_ONCE);
    await transaction.run(
      `INSERT INTO notes (id, body) VALUES ${some.map(() => "(?, ?)").join(", ")}`,
      some.flatMap((id) => [id, `note ${id}`]),
    );
  }
}

export async function noteIds(store: Store): Promise<number[]> {
  const rows = await store.snapshot((snapshot) => snapshot.all("SELECT id FROM notes ORDER BY id"));
  return rows.map((row: SqlRow) => Number(row.id));
}

export async function collect<T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}

/** Expects a rejection with a code of ours, and a message that says something. */
export async function expectCode(promise: Promise<unknown>, code: ErrorCode, message = /./): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LiveDistError);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string });
}

/** A promise and the function that fulfils it. */
export function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

export function techId(number: number): Uint8Array {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(12, number);
  return bytes;
}

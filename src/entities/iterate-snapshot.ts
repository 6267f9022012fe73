import type { Snapshot, Store } from "../store/store.js";

/** Opens a snapshot when the first item is asked for, and closes it when the iteration ends or is broken off. */
export async function* iterateSnapshot<T>(
  store: Store,
  read: (snapshot: Snapshot) => AsyncIterable<T>,
): AsyncGenerator<T, undefined> {
  let finish = (): void => undefined;
  let closed: Promise<void> | undefined;
  const snapshot = await new Promise<Snapshot>((resolve, reject) => {
    const hold = (one: Snapshot): Promise<void> =>
      new Promise((release) => {
        finish = release;
        resolve(one);
      });
    closed = store.snapshot(hold);
    closed.catch(reject);
  });
  try {
    yield* read(snapshot);
  } finally {
    finish();
    await closed;
  }
}

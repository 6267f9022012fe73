import { expect, it } from "vitest";
import { ClientWatch } from "../../src/delta-server/client-watch.js";
import type { ClientRow, Store } from "../../src/store/store.js";
import { ManualClock, settle } from "../support/manual-clock.js";
import { afterThis, codeOfRejection, Logged, newStore } from "../support/one-site.js";

const never = new AbortController().signal;

async function watchOf(store: Store, clock: ManualClock): Promise<{ watch: ClientWatch; gone: ClientRow[] }> {
  const watch = new ClientWatch(store.clients, clock, new Logged(), 500);
  await watch.start();
  afterThis(() => watch.stop());
  const gone: ClientRow[] = [];
  watch.onGone((row) => void gone.push(row));
  return { watch, gone };
}

/** Changes the table as another process does: the store's own listeners hear nothing. */
function run(store: Store, sql: string): Promise<number> {
  return store.transaction((transaction) => transaction.run(sql));
}

it("gives the row with the request, and by itself", async () => {
  const clock = new ManualClock();
  const { watch } = await watchOf(await newStore(clock), clock);
  const { client, end } = await watch.begin("c2", never);
  end();
  expect(client).toEqual({ clientId: "c2", bitNumber: 1, isDisabled: false });
  expect(watch.row("c2")).toBe(client);
  expect(() => watch.row("nobody")).toThrow(expect.objectContaining({ code: "UnknownClient" }));
});

it("tells of a client that goes: once, with the row that it had, its requests aborted before", async () => {
  const clock = new ManualClock();
  const store = await newStore(clock);
  const { watch, gone } = await watchOf(store, clock);
  const { signal } = await watch.begin("c1", never);
  const abortedThen: boolean[] = [];
  watch.onGone(() => void abortedThen.push(signal.aborted));

  await run(store, "UPDATE LiveDistClients SET IsDisabled = 1 WHERE ClientId = 'c1'");
  await clock.advance(500);
  expect(gone).toEqual([{ clientId: "c1", bitNumber: 0, isDisabled: false }]);
  expect(abortedThen).toEqual([true]);
  expect(signal.reason).toMatchObject({ code: "ClientDisabled" });
  expect(watch.row("c1").isDisabled).toBe(true);

  await run(store, "DELETE FROM LiveDistClients");
  await clock.advance(500);
  expect(gone.map(({ clientId }) => clientId)).toEqual(["c1", "c2"]);
});

it("takes a row with another BitNumber for another client, which is served at once", async () => {
  const clock = new ManualClock();
  const store = await newStore(clock);
  const { watch, gone } = await watchOf(store, clock);
  const { signal } = await watch.begin("c1", never);
  await run(store, "DELETE FROM LiveDistClients WHERE ClientId = 'c1'");
  await run(store, "INSERT INTO LiveDistClients (ClientId, BitNumber, IsDisabled) VALUES ('c1', 7, 0)");
  await clock.advance(500);
  expect(gone).toEqual([{ clientId: "c1", bitNumber: 0, isDisabled: false }]);
  expect(signal.reason).toMatchObject({ code: "Closed" });
  expect((await watch.begin("c1", never)).client.bitNumber).toBe(7);
});

it("is not misled by a read that a newer one has overtaken", async () => {
  const clock = new ManualClock();
  const store = await newStore(clock);
  const old = await store.clients.list();
  const { watch, gone } = await watchOf(store, clock);
  let finishOldRead: (rows: ClientRow[]) => void = () => undefined;
  const list = store.clients.list.bind(store.clients);
  store.clients.list = () => new Promise((resolve) => (finishOldRead = resolve));
  await clock.advance(500);
  store.clients.list = list;
  await store.clients.disable("c1");
  await settle();
  expect(await codeOfRejection(watch.begin("c1", never))).toBe("ClientDisabled");
  finishOldRead(old);
  await clock.advance(0);
  expect(watch.row("c1").isDisabled).toBe(true);
  expect(gone).toHaveLength(1);
});

it("tells nobody who has stopped listening", async () => {
  const clock = new ManualClock();
  const store = await newStore(clock);
  const { watch } = await watchOf(store, clock);
  const gone: ClientRow[] = [];
  watch.onGone((row) => void gone.push(row))();
  await store.clients.remove("c1");
  await settle();
  expect(await codeOfRejection(watch.begin("c1", never))).toBe("UnknownClient");
  expect(gone).toEqual([]);
});

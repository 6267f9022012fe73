import { expect, it } from "vitest";
import { silentLogger } from "../../../src/base/logger.js";
import { type AskServer, SiteMember } from "../../../src/site/servers/site-member.js";
import type { ServerDuty } from "../../../src/store/server-row.js";
import { openStore } from "../../../src/store/open-store.js";
import type { Store, StoreServers } from "../../../src/store/store.js";
import { ManualClock, settle } from "../../support/manual-clock.js";
import { afterThis } from "../../support/one-site.js";
import { until } from "./some-servers.js";

const BEAT_MS = 100;

async function newStore(clock: ManualClock): Promise<Store> {
  const store = await openStore("sqlite::memory:", { clock });
  afterThis(() => store.close());
  return store;
}

interface Started {
  readonly member: SiteMember;
  /** How often it has looked at the others. */
  readonly beats: () => number;
}

interface Options {
  readonly servers: StoreServers;
  readonly clock: ManualClock;
  readonly duty?: ServerDuty;
  readonly ask?: AskServer;
}

async function start(url: string, { servers, clock, duty = "live", ask }: Options): Promise<Started> {
  const asking = ask ?? (() => Promise.resolve(undefined));
  const parts = { servers, duty, kind: "both", agreed: "{}", ask: asking, clock, logger: silentLogger } as const;
  const member = new SiteMember({ ...parts, beatMs: BEAT_MS });
  let beats = 0;
  member.onBeat(() => beats++);
  await member.start({ url, clients: () => 0, sequence: () => 0 });
  afterThis(() => member.stop());
  return { member, beats: () => beats };
}

it("R87: two in standby both serve while nobody is live, one of them leads, and both are in standby once somebody is", async () => {
  const clock = new ManualClock();
  const { servers } = await newStore(clock);
  const pass = async (all: readonly Started[]): Promise<void> => {
    const before = all.map(({ beats }) => beats());
    for (let part = 0; part < 10; part++) {
      clock.pass(BEAT_MS / 10);
      await settle();
    }
    await until(() => all.every(({ beats }, at) => beats() > before[at]!));
  };
  const one = await start("http://one", { servers, clock, duty: "standby" });
  clock.pass(BEAT_MS / 2);
  const two = await start("http://two", { servers, clock, duty: "standby" });
  const both = [one, two];
  const seen: string[] = [];
  for (let beat = 0; beat < 12; beat++) {
    await pass(both);
    seen.push(both.map(({ member }) => `${member.duty}${member.lease ? " leads" : ""}`).join());
  }
  expect(new Set(seen)).toEqual(new Set(["live leads,live"]));
  const live = await start("http://live", { servers, clock });
  for (let beat = 0; beat < 4; beat++) await pass([...both, live]);
  expect(both.map(({ member }) => member.duty)).toEqual(["standby", "standby"]);
  expect(live.member.lease).toBeDefined();
});

it("R87: serves nobody as if it knew where the database does not answer at all, and sends clients to who reaches it", async () => {
  const clock = new ManualClock();
  const { servers } = await newStore(clock);
  let hangs = false;
  let giveUp = (): void => undefined;
  const silence = new Promise<never>((_, reject) => (giveUp = () => reject(new TypeError("the connection was lost"))));
  const beat: StoreServers["beat"] = (...asked) => (hangs ? silence : servers.beat(...asked));
  let isLocked = false;
  const list: StoreServers["list"] = () => (hangs && !isLocked ? silence : servers.list());
  const hanging = { ...methodsOf(servers), beat, list };
  const other = await start("http://other", { servers, clock });
  const one = await start("http://one", { servers: hanging, clock, ask: () => Promise.resolve(true) });
  expect(one.member.status["database"]).toBe("reached");
  afterThis(() => giveUp());
  hangs = true;
  // One that has to wait for a lock does not keep the database from answering.
  isLocked = true;
  const pass = async (): Promise<void> => {
    for (let passed = 0; passed < 10; passed++) {
      clock.pass(BEAT_MS);
      await settle();
    }
  };
  await pass();
  expect(one.member.status["database"]).toBe("reached");
  isLocked = false;
  await pass();
  await until(() => one.member.status["database"] === "away");
  expect(() => one.member.checkServes(false, "delta")).toThrow(expect.objectContaining({ server: "http://other" }));
  expect(other.member.lease).toBeDefined();
});

it("R80: does not come back by a sign of life that was under way as it signed off", async () => {
  const clock = new ManualClock();
  const { servers } = await newStore(clock);
  let go: (() => void) | undefined;
  let isHeld = false;
  const beat: StoreServers["beat"] = async (...asked) => {
    if (isHeld) await new Promise<void>((resolve) => (go = resolve));
    return servers.beat(...asked);
  };
  const { member } = await start("http://one", { servers: { ...methodsOf(servers), beat }, clock });
  isHeld = true;
  clock.pass(BEAT_MS);
  await until(() => go !== undefined);
  const stopping = member.stop();
  await settle();
  go!();
  await stopping;
  await settle();
  expect(await servers.list()).toEqual({ rows: [], master: undefined });
});

function methodsOf(servers: StoreServers): StoreServers {
  return {
    beat: (...asked) => servers.beat(...asked),
    list: () => servers.list(),
    leave: (serverId) => servers.leave(serverId),
    isMaster: (...asked) => servers.isMaster(...asked),
  };
}

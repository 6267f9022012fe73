import { expect, it } from "vitest";
import { RedirectError } from "../../../src/base/errors.js";
import type { SiteMember } from "../../../src/site/servers/site-member.js";
import type { StoreServers } from "../../../src/store/store.js";
import { ManualClock } from "../../support/manual-clock.js";
import { newStore } from "../../support/one-site.js";
import { BEAT_MS, memberOf } from "./member-of.js";

/** The way of a server to its database, and what the other server answers it: undefined where it cannot be reached. */
interface Way {
  isOpen: boolean;
  answer: boolean | undefined;
}

/** A server beside another one. */
async function besideAnother(): Promise<{ member: SiteMember; clock: ManualClock; way: Way }> {
  const clock = new ManualClock();
  const { servers } = await newStore(clock);
  const other = memberOf({ servers }, { clock });
  await other.start({ url: "http://other", clients: () => 0, sequence: () => 0 });
  const way: Way = { isOpen: true, answer: undefined };
  const own: StoreServers = {
    beat: (...asked) => (way.isOpen ? servers.beat(...asked) : Promise.reject(new TypeError("no way to the database"))),
    list: () => servers.list(),
    isMaster: (...asked) => servers.isMaster(...asked),
    leave: (id) => servers.leave(id),
  };
  const member = memberOf({ servers: own }, { clock, ask: () => Promise.resolve(way.answer) });
  await member.start({ url: "http://own", clients: () => 0, sequence: () => 0 });
  return { member, clock, way };
}

async function beats(clock: ManualClock, count: number): Promise<void> {
  for (let left = count; left > 0; left--) await clock.advance(BEAT_MS);
}

function refusalOf(member: SiteMember): unknown {
  try {
    member.checkServes(false, "delta");
    return undefined;
  } catch (error) {
    return error;
  }
}

it("R87: a live server that reaches neither its database nor another server serves nobody, until it does", async () => {
  const { member, clock, way } = await besideAnother();
  way.isOpen = false;
  await beats(clock, 2);
  expect([member.duty, refusalOf(member)]).toEqual(["live", undefined]);
  await beats(clock, 3);
  expect(member.status).toMatchObject({ duty: "standby", database: "away" });
  expect(refusalOf(member)).toMatchObject({ code: "Closed" });
  way.isOpen = true;
  await beats(clock, 1);
  expect([member.duty, refusalOf(member)]).toEqual(["live", undefined]);
});

it("R87: one that reaches a server which reaches the database sends its clients there", async () => {
  const { member, clock, way } = await besideAnother();
  Object.assign(way, { isOpen: false, answer: true });
  await beats(clock, 5);
  expect(refusalOf(member)).toBeInstanceOf(RedirectError);
  expect(refusalOf(member)).toMatchObject({ server: "http://other" });
});

it("R87: one whose peers are without the database too goes on with what it has", async () => {
  const { member, clock, way } = await besideAnother();
  Object.assign(way, { isOpen: false, answer: false });
  await beats(clock, 5);
  expect([member.duty, refusalOf(member)]).toEqual(["live", undefined]);
});

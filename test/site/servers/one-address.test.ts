import { expect, it } from "vitest";
import { ManualClock } from "../../support/manual-clock.js";
import { Logged, newStore } from "../../support/one-site.js";
import { BEAT_MS, memberOf } from "./member-of.js";

it("R90: two servers that show themselves by one address are told so, and one that starts again at its own is not", async () => {
  const clock = new ManualClock();
  const { servers } = await newStore(clock);
  const start = async (url: string): Promise<Logged> => {
    const logger = new Logged();
    await memberOf({ servers }, { clock, logger }).start({ url, clients: () => 0, sequence: () => 0 });
    return logger;
  };
  // One that was killed leaves its row.
  const killed = { serverId: "killed", duty: "live", kind: "both", clients: 0, sequence: 0, agreed: "{}" } as const;
  await servers.beat({ ...killed, url: "http://one" }, { mayLead: false, leaseMs: 1, forgetMs: 1e6 });
  const all = [await start("http://one"), await start("http://two"), await start("http://two")];
  for (let beat = 0; beat < 4; beat++) await clock.advance(BEAT_MS);
  const twin = expect.stringContaining("by the same address") as string;
  expect(all.map(({ errors }) => errors)).toEqual([[], [twin], [twin]]);
});

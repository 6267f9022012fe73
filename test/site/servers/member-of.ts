import { SiteMember, type SiteMemberParts } from "../../../src/site/servers/site-member.js";
import type { Store } from "../../../src/store/store.js";
import { ManualClock } from "../../support/manual-clock.js";
import { afterThis, Logged } from "../../support/one-site.js";

export const BEAT_MS = 1_000;

/** Makes a live server's place among those of a site, in a time that a test moves. */
export function memberOf({ servers }: Pick<Store, "servers">, parts: Partial<SiteMemberParts> = {}): SiteMember {
  const ask = (): Promise<undefined> => Promise.resolve(undefined);
  const member = new SiteMember({
    ...{ servers, duty: "live", kind: "both", agreed: "{}", ask, clock: new ManualClock(), logger: new Logged() },
    ...{ beatMs: BEAT_MS, ...parts },
  });
  afterThis(() => member.stop());
  return member;
}

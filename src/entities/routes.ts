import { FATHER_TOPIC, forRouting, notSiteTopic, siteTopic } from "../topics/routing-topics.js";
import type { Origin } from "./receiver.js";

/** The routing topics of what a site sends on (guide §2.6.1 to §2.6.3). */
export interface Routes {
  /** In front of the app topics of a change: to whom it goes beside those whose slices select it, and to whom not. */
  readonly onward: readonly string[];
  /** Of a REGISTER for the son that it came from; none where it came from the father. */
  readonly toSender: readonly string[];
}

/** What goes to the father. */
export const fatherTopics: readonly string[] = [forRouting(FATHER_TOPIC)];

const fromFather: Routes = { onward: [], toSender: [] };

/** Gives the routes of what came from a peer: not back to it. */
export function routesOf(origin: Origin): Routes {
  if (origin.role === "father") return fromFather;
  const { siteId } = origin;
  return { onward: [...fatherTopics, forRouting(notSiteTopic(siteId))], toSender: [forRouting(siteTopic(siteId))] };
}

import type { Clock } from "../base/clock.js";
import type { Logger } from "../base/logger.js";
import type { OperatorPage } from "../plugs/operator-page.js";
import type { IWebConsole } from "../plugs/web-console.js";
import type { IParking } from "../plugs/parking.js";
import type { IPermit } from "../plugs/permit.js";
import type { LiveDistService } from "../wire/live-dist-service.js";
import type { ServerRole } from "../wire/requests.js";
import type { BodyRoom } from "./body-room.js";
import type { FailureCounts } from "./failure-counts.js";
import type { HttpLimits } from "./http-limits.js";
import type { LoadSlots } from "./load-slots.js";
import type { RunningWorks } from "./running-works.js";
import type { SharedMessages } from "./shared-messages.js";

/** What every part of one HTTP server works with. */
export interface HttpContext {
  readonly service: LiveDistService;
  readonly permit: IPermit;
  readonly parking: IParking | undefined;
  readonly webConsole: IWebConsole | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly limits: HttpLimits;
  /** Where the two servers are reached (guide §7.3). */
  readonly paths: Readonly<Record<ServerRole, string>>;
  readonly works: RunningWorks;
  readonly bodies: BodyRoom;
  readonly loads: LoadSlots;
  readonly messages: SharedMessages;
  readonly failures: FailureCounts;
  readonly pages: readonly OperatorPage[];
}

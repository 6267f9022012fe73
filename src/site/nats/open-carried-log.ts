import { type Clock, systemClock } from "../../base/clock.js";
import type { DeltaLog } from "../../delta-server/delta-log.js";
import type { StoreLog } from "../../store/store.js";
import type { SiteMember } from "../servers/site-member.js";
import type { Starting } from "../start-configured.js";
import { CarriedLog } from "./carried-log.js";
import { NatsCarrier } from "./nats-carrier.js";

/** Gives what makes the log that is followed, where rows travel over NATS; undefined where they do not. Rejects with Config or Network. */
export async function carriedLog(
  log: StoreLog,
  { config, logger, cleanUp }: Starting,
  { member, clock = systemClock }: { readonly member: SiteMember; readonly clock?: Clock | undefined },
): Promise<((epoch: string) => DeltaLog) | undefined> {
  const { natsServers: servers, natsName: name } = config;
  if (servers.length === 0) return undefined;
  const carrier = await NatsCarrier.open({ servers, name, logger, clock });
  cleanUp.push(() => carrier.close());
  const leads = (): boolean => member.lease !== undefined;
  return (epoch) => new CarriedLog({ log, carrier, epoch, leads, clock });
}

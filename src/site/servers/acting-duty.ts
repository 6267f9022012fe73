import type { ServerDuty, ServerKind } from "../../store/server-row.js";
import type { ServerRole } from "../../wire/requests.js";

/** What counts of a server where it is asked who serves what. */
interface DutyOf {
  readonly duty: ServerDuty;
  readonly kind: ServerKind;
}

const roles: readonly ServerRole[] = ["delta", "cache"];

/**
 * Gives what a server does among those that run, itself one of them: one in standby serves everything where none is live. That is made of
 * what the servers were configured as, so that each of several in standby comes to the same end, whoever looks first.
 */
export function actingDuty({ duty, kind }: DutyOf, running: readonly DutyOf[]): ServerDuty {
  if (duty !== "standby") return duty;
  const isMissing = (role: ServerRole): boolean =>
    !running.some((server) => server.duty === "live" && serves(server.kind, role));
  return roles.some((role) => serves(kind, role) && isMissing(role)) ? "live" : "standby";
}

/** Whether one of the two servers runs where this kind does. */
export function serves(kind: ServerKind, role: ServerRole): boolean {
  return kind === "both" || kind === role;
}

import { Command } from "commander";
import { LiveDistError } from "../base/errors.js";
import { type ServerRole, serverPath } from "../wire/requests.js";
import { serverUrl, suffixOption } from "./arguments.js";
import type { CliContext } from "./cli-context.js";

type Status = Readonly<Record<string, unknown>>;

/** Milliseconds that a server may take to tell its status. */
const STATUS_MS_MAX = 10_000;
const roles: readonly ServerRole[] = ["delta", "cache"];

const EXAMPLE = `
Example:
  livedist status http://127.0.0.1:8080`;

/** Makes the command that asks the servers behind a URL how they are (guide §7.3). */
export function statusCommand({ terminal }: CliContext): Command {
  return new Command("status")
    .description("Show the state of the delta server and the cache server at a URL.")
    .argument("<url>", "where they listen, as http://127.0.0.1:8080", serverUrl)
    .addOption(suffixOption())
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLE)
    .action(async (url: string, { suffix, json }: { suffix: string; json?: true }) => {
      const statuses: Record<string, Status> = {};
      for (const role of roles) statuses[role] = await askStatus(url + serverPath(suffix, role));
      terminal.out(json ? JSON.stringify({ url, ...statuses }) : describe(url, suffix, statuses));
    });
}

async function askStatus(url: string): Promise<Status> {
  const response = await get(url);
  const status = await readStatus(response);
  if (response.ok && status) return status;
  throw new LiveDistError(
    "Request",
    `${url} is not served (HTTP status ${response.status}): check the address and --suffix`,
  );
}

async function get(url: string): Promise<Response> {
  try {
    return await fetch(url, { signal: AbortSignal.timeout(STATUS_MS_MAX) });
  } catch (error) {
    throw new LiveDistError("Network", `${url} cannot be reached: ${reasonOf(error)}`, { cause: error });
  }
}

/** Finds what fetch keeps below "fetch failed"; a name with several addresses fails with an error that has no message. */
function reasonOf(error: unknown): string {
  const cause = (error as { cause?: unknown }).cause ?? error;
  const { message = "", code = "no answer" } = cause as { message?: string; code?: string | number };
  return message === "" ? String(code) : message;
}

async function readStatus(response: Response): Promise<Status | undefined> {
  try {
    const value: unknown = await response.json();
    return typeof value === "object" && value !== null ? (value as Status) : undefined;
  } catch {
    return undefined;
  }
}

function describe(url: string, suffix: string, statuses: Readonly<Record<string, Status>>): string {
  return roles.map((role) => describeServer(`${url}${serverPath(suffix, role)}`, statuses[role]!)).join("\n\n");
}

function describeServer(url: string, { server, state, links, servers, ...rest }: Status): string {
  const lines = Object.entries(rest).map(([name, value]) => line(name, shown(value)));
  const linkLines = Array.isArray(links) ? (links as Status[]).map(describeLink) : [];
  const serverLines = Array.isArray(servers) ? (servers as Status[]).map(describePeer) : [];
  return [`${String(server)} server: ${String(state)} (${url})`, ...lines, ...serverLines, ...linkLines].join("\n");
}

/** Describes one of the servers of the site. */
function describePeer({ url, duty, kind, isMaster, isThis, clients, sequence, behind, silentMs }: Status): string {
  const what = [
    ...(isThis === true ? ["this one"] : []),
    shown(duty),
    ...(isMaster === true ? ["master"] : []),
    ...(kind === "both" ? [] : [`${shown(kind)} server alone`]),
    `${shown(clients)} clients`,
    `sequence ${shown(sequence)}${behind === 0 ? "" : `, ${shown(behind)} behind`}`,
    `last seen ${Math.round(Number(silentMs) / 1000)} s ago`,
  ];
  return line("server", `${shown(url)}: ${what.join(", ")}`);
}

function describeLink({ peer, role, state, sequence, failure }: Status): string {
  const trouble = failure === undefined ? "" : ` (${shown(failure)})`;
  return line(`link to ${shown(role)}`, `${shown(peer)}: ${shown(state)}${trouble}, sequence ${shown(sequence)}`);
}

function line(name: string, value: string): string {
  return `  ${name.padEnd(20)} ${value}`;
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

import { Command } from "commander";
import { systemClock, sleep } from "../base/clock.js";
import { codeOf, LiveDistError } from "../base/errors.js";
import { Edge } from "../edge/edge.js";
import { HttpClient } from "../edge/http-client.js";
import { passes } from "../edge/passes.js";
import type { Tracking } from "../wire/requests.js";
import { serverUrl, suffixOption } from "./arguments.js";
import type { CliContext } from "./cli-context.js";
import { deltaLine, deltaObject } from "./delta-line.js";
import type { Terminal } from "./terminal.js";

interface TailOptions {
  readonly client: string;
  readonly suffix: string;
  readonly none?: true;
  readonly load?: true;
  readonly json?: true;
}

/** Milliseconds from a broken connection to the next attempt. */
const RETRY_MS = 1_000;

const EXAMPLE = `
A line says the sequence-number, what happened, the delta-class, the tech-id, the topics and the fields. "enters" and
"leaves" tell what the topics-slice begins and ceases to select. The client needs a row in LiveDistClients. Ctrl-C ends it.

Example:
  livedist tail http://127.0.0.1:8080 'T2*!T1'`;

/** Makes the command that loads a topics-slice and shows what arrives for it (guide §2.2, §2.5). */
export function tailCommand(context: CliContext): Command {
  return new Command("tail")
    .description("Load what a topics-slice selects, then show each delta as it arrives.")
    .argument("<url>", "where the servers listen, as http://127.0.0.1:8080", serverUrl)
    .argument("<slice>", "the topics-slice, in quotes")
    .option("--client <id>", "the ClientId", "livedist-cli")
    .addOption(suffixOption())
    .option("--none", "show the stream as it is: what the slice selects, and not what enters or leaves it")
    .option("--load", "show the loaded entities too")
    .option("--json", "print a JSON object a line")
    .addHelpText("after", EXAMPLE)
    .action(async (url: string, slice: string, options: TailOptions) => {
      const signal = context.interrupted();
      const tracking: Tracking = options.none ? "none" : "transition";
      const client = new HttpClient({ clientId: options.client, servers: [url], applicationSuffix: options.suffix });
      const edge = new Edge(client, { tracking });
      try {
        await load(edge, slice, options, context.terminal, signal);
        await follow(edge, options, context.terminal, signal);
      } catch (error) {
        if (!signal.aborted) throw explained(error, options.client);
      } finally {
        await edge.close();
      }
    });
}

async function load(
  edge: Edge,
  slice: string,
  options: TailOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const load = await edge.fullLoad(slice, { signal });
  const { sequence, count } = load;
  terminal.out(
    options.json ? JSON.stringify({ load: { sequence, count } }) : `load at sequence ${sequence}: entities: ${count}`,
  );
  for await (const deltas of load.batches()) {
    if (options.load) for (const delta of deltas) terminal.out(options.json ? deltaObject(delta) : deltaLine(delta));
  }
}

/** Shows what arrives. Says it when the connection breaks, and goes on where it stood. */
async function follow(edge: Edge, options: TailOptions, terminal: Terminal, signal: AbortSignal): Promise<void> {
  let isLost = false;
  for (;;) {
    try {
      for await (const { deltas } of edge.deltas({ signal, reconnect: false, emptyBatches: true })) {
        if (isLost) terminal.err("livedist: connected again");
        isLost = false;
        for (const delta of deltas) terminal.out(options.json ? deltaObject(delta) : deltaLine(delta));
      }
    } catch (error) {
      if (signal.aborted || !passes(error)) throw error;
      if (!isLost) terminal.err("livedist: the connection is lost; trying again until it is back");
      isLost = true;
    }
    if (signal.aborted) return;
    await sleep(systemClock, RETRY_MS, signal);
  }
}

function explained(error: unknown, clientId: string): unknown {
  if (codeOf(error) !== "UnknownClient") return error;
  const message = `the server's database has no client ${JSON.stringify(clientId)}: name one with --client, or add it (livedist clients add)`;
  return new LiveDistError("UnknownClient", message, { cause: error });
}

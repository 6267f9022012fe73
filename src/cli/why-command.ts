import { Command } from "commander";
import type { DecisionView, StandingView } from "../console/decision-view.js";
import type { EntityPath } from "../console/entity-path.js";
import type { Why } from "../console/why.js";
import { serverUrl, suffixOption } from "./arguments.js";
import { askConsole, type ConsoleOptions, tokenOption } from "./ask-console.js";
import type { CliContext } from "./cli-context.js";

interface WhyOptions extends ConsoleOptions {
  readonly slice?: string;
  readonly json?: true;
}

const EXAMPLE = `
It says which term of the client's topics-slice selects the entity or vetoes it, how the client is registered on it, what the client
was given of the entity's last deltas, and which site along the links has its latest version. A son-site is asked about by its
LiveDistSiteId, which is its ClientId. Of a client whose slice the server does not know, name one with --slice.

Example:
  livedist why http://127.0.0.1:8080 paris 6f9619ff-8b86-d011-b42d-00c04fc964ff`;

/** Makes the command that explains why a client holds an entity, or does not (guide §2.4, §2.5). */
export function whyCommand({ terminal }: CliContext): Command {
  return new Command("why")
    .description("Explain why a client or a site holds an entity, or does not.")
    .argument("<url>", "where the servers listen, as http://127.0.0.1:8080", serverUrl)
    .argument("<client>", "the ClientId, or the LiveDistSiteId of a son")
    .argument("<tech-id>", "the entity")
    .option("--slice <slice>", "ask about this topics-slice instead of the client's own")
    .addOption(suffixOption())
    .addOption(tokenOption())
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLE)
    .action(async (url: string, client: string, techId: string, options: WhyOptions) => {
      const { slice, json } = options;
      const query = { client, techId, ...(slice !== undefined && { slice }) };
      const why = await askConsole<Why>(url, "why", options, { query });
      const path = await askConsole<EntityPath>(url, "entity", options, { query: { techId } });
      terminal.out(json ? JSON.stringify({ ...why, path }) : describe(why, path));
    });
}

function describe(why: Why, path: EntityPath): string {
  const { verdict, tracking, topicsSlice, entity, standing, loadSequence, lookedFrom, position, decisions } = why;
  const since = Math.max(lookedFrom, loadSequence ?? 0);
  return [
    verdict,
    "",
    line("mode", tracking),
    line("topics-slice", topicsSlice),
    ...termLines(why),
    line(
      "entity",
      entity
        ? `${entity.deltaClass} [${entity.topics.join(" ")}], changed at ${entity.changeSequence}`
        : "not held here",
    ),
    ...(standing ? [line("stands", standingText(standing))] : []),
    line("position", position === undefined ? "not known" : String(position)),
    "",
    decisions.length === 0
      ? `no delta of the entity after sequence ${since}`
      : `deltas of the entity after sequence ${since}:`,
    ...decisions.map(decisionLine),
    "",
    "along the links:",
    ...placeLines(path),
  ].join("\n");
}

function termLines({ terms = [] }: Why): string[] {
  return terms.map(({ depth, operator, text, holds, decides }) => {
    const word = operator === undefined ? "" : operator === "*" ? "and " : "or ";
    return `  ${holds ? "+" : "-"} ${"  ".repeat(depth)}${word}${text}${decides ? "   <- decides" : ""}`;
  });
}

function decisionLine({ sequence, oper, given, because, before, after }: DecisionView): string {
  const from = before ? `${standingText(before)} -> ` : "";
  const standings = after ? ` (${from}${standingText(after)})` : "";
  return `  #${sequence} ${oper.padEnd(8)} ${given}: ${because}${standings}`;
}

function placeLines({ places, silent }: EntityPath): string[] {
  const versions = places.flatMap(({ entity }) => entity?.version ?? []);
  const newest = versions.sort((a, b) => b.timeMs - a.timeMs || b.counter - a.counter || (a.site < b.site ? 1 : -1))[0];
  const known = places.map(({ site, entity, sequence }) => {
    if (entity === undefined) return `  ${site}: does not hold it (at ${sequence})`;
    const { timeMs, counter, site: writer } = entity.version;
    const isNewest = timeMs === newest?.timeMs && counter === newest.counter && writer === newest.site;
    const version = `${new Date(timeMs).toISOString()} ${counter} ${writer}`;
    return `  ${site}: ${isNewest ? "the latest version" : "an older version"}, ${version} (changed at ${entity.changeSequence}, at ${sequence})`;
  });
  return [
    ...known,
    ...silent.map(({ by, id, failure }) => `  ${id ?? `the site above ${by}`}: does not answer (${failure})`),
  ];
}

function standingText({ registered, synchronized }: StandingView): string {
  return synchronized ? "registered, current" : registered ? "registered, not current" : "not registered";
}

function line(name: string, value: string): string {
  return `  ${name.padEnd(12)} ${value}`;
}

import { Command } from "commander";
import { TopicsSliceError } from "../base/errors.js";
import { formatTopicsSliceTree } from "../topics/format-topics-slice-tree.js";
import { printTopicsSlice } from "../topics/print-topics-slice.js";
import { formatTopicsList, parseTopicsList } from "../topics/topics-list.js";
import { parseTopicsSlice, type TopicsSlice } from "../topics/topics-slice.js";
import type { ExaminedSlice, Selected } from "../console/slice-workbench.js";
import { serverUrl, suffixOption } from "./arguments.js";
import { askConsole, type ConsoleOptions, tokenOption } from "./ask-console.js";
import type { CliContext } from "./cli-context.js";

interface SliceOptions extends ConsoleOptions {
  readonly topics?: string;
  readonly url?: string;
  readonly before?: string;
  readonly client?: string;
  readonly json?: true;
}

const EXAMPLE = `
With --url a server says how many entities the topics-slice selects now, and names some. With --before or --client it says, too, what
changing to the slice would load and drop; nothing is changed by that.

Example:
  livedist slice '(T2+T3)*!T1' --topics ',T2,T5,'
  livedist slice 'T2+T3' --url http://127.0.0.1:8080 --before 'T2*!T1'`;

/** Makes the command that shows how a topics-slice is understood (guide §2.1.1.2). */
export function sliceCommand({ terminal }: CliContext): Command {
  return new Command("slice")
    .description("Show how a topics-slice is understood, and whether it selects a topics-list.")
    .argument("<expression>", "the topics-slice, in quotes: * is and, + is or, !T after * excludes T")
    .option("--topics <list>", "a topics-list, as ,A,B, : whether the slice selects it, and whether it vetoes it")
    .option("--url <url>", "the servers to ask what it selects", serverUrl)
    .option("--before <slice>", "the slice to change from")
    .option("--client <id>", "the registered client whose slice is to be changed")
    .addOption(suffixOption())
    .addOption(tokenOption())
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLE)
    .action(async (expression: string, options: SliceOptions) => {
      const { topics, json, url } = options;
      const found = examine(parse(expression), topics);
      const server = url === undefined ? undefined : await askServer(url, expression, options);
      terminal.out(json ? JSON.stringify({ ...found, ...(server && { server }) }) : describe(found, server));
    });
}

/** Has a server examine the slice. Rejects as `askConsole` does. */
function askServer(url: string, expression: string, options: SliceOptions): Promise<ExaminedSlice> {
  const { before, client } = options;
  const body = { expression, ...(before && { before }), ...(client && { clientId: client }) };
  return askConsole<ExaminedSlice>(url, "slice", options, { body });
}

/** Parses, and keeps the text with an error, so that its place can be shown. */
function parse(expression: string): TopicsSlice {
  try {
    return parseTopicsSlice(expression);
  } catch (error) {
    if (error instanceof TopicsSliceError) error.cause = expression;
    throw error;
  }
}

interface Examination {
  readonly canonical: string;
  readonly tree: string;
  readonly positiveTopics: readonly string[];
  readonly excludedTopics: readonly string[];
  readonly neededTopics: readonly string[];
  readonly hasTimeWindow: boolean;
  readonly topicsList?: { readonly text: string; readonly selected: boolean; readonly vetoed: boolean };
}

function examine(slice: TopicsSlice, listText: string | undefined): Examination {
  return {
    canonical: printTopicsSlice(slice.expression),
    tree: formatTopicsSliceTree(slice),
    positiveTopics: [...slice.topics],
    excludedTopics: [...slice.excludedTopics],
    neededTopics: [...slice.needed],
    hasTimeWindow: slice.hasTimeWindow,
    ...(listText !== undefined && { topicsList: examineList(slice, listText) }),
  };
}

function examineList(slice: TopicsSlice, listText: string): NonNullable<Examination["topicsList"]> {
  const topics = parseTopicsList(listText);
  return { text: formatTopicsList(topics), selected: slice.selects(topics), vetoed: slice.vetoes(topics) };
}

function describe({ tree, topicsList, ...found }: Examination, server: ExaminedSlice | undefined): string {
  const lines = [
    tree,
    "",
    `canonical  ${found.canonical}`,
    `positive   ${listed(found.positiveTopics)}`,
    `excluded   ${listed(found.excludedTopics)}`,
    `needed     ${listed(found.neededTopics)} (what is selected has one of them)`,
  ];
  if (found.hasTimeWindow) lines.push("           time-windows count in loads only");
  if (topicsList) {
    const { text, selected, vetoed } = topicsList;
    lines.push("", `topics     ${text}`, `selected   ${yesNo(selected)}`, `vetoed     ${yesNo(vetoed)}`);
  }
  if (server) lines.push("", ...serverLines(server));
  return lines.join("\n");
}

function serverLines({ selects, sequence, change }: ExaminedSlice): string[] {
  const lines = [`selects    ${selects.count} entities at sequence ${sequence}`, ...sampleLines(selects)];
  if (!change) return lines;
  const { before, loads, drops } = change;
  lines.push("", `changing to it from ${before}`, `would load ${loads.count} entities`, ...sampleLines(loads));
  lines.push(`would drop ${drops.count} entities`, ...sampleLines(drops));
  return lines;
}

function sampleLines({ sample, count }: Selected): string[] {
  const lines = sample.map(({ deltaClass, techId, topics }) => `  ${deltaClass} ${techId} [${topics.join(" ")}]`);
  return count > sample.length && sample.length > 0 ? [...lines, `  and ${count - sample.length} more`] : lines;
}

function listed(topics: readonly string[]): string {
  return topics.length === 0 ? "none" : topics.join(", ");
}

function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}

import { Command } from "commander";
import { TopicsSliceError } from "../base/errors.js";
import { formatTopicsSliceTree } from "../topics/format-topics-slice-tree.js";
import { printTopicsSlice } from "../topics/print-topics-slice.js";
import { formatTopicsList, parseTopicsList } from "../topics/topics-list.js";
import { parseTopicsSlice, type TopicsSlice } from "../topics/topics-slice.js";
import type { CliContext } from "./cli-context.js";

interface SliceOptions {
  readonly topics?: string;
  readonly json?: true;
}

const EXAMPLE = `
Example:
  livedist slice '(T2+T3)*!T1' --topics ',T2,T5,'`;

/** Makes the command that shows how a topics-slice is understood (guide §2.1.1.2). */
export function sliceCommand({ terminal }: CliContext): Command {
  return new Command("slice")
    .description("Show how a topics-slice is understood, and whether it selects a topics-list.")
    .argument("<expression>", "the topics-slice, in quotes: * is and, + is or, !T after * excludes T")
    .option("--topics <list>", "a topics-list, as ,A,B, : whether the slice selects it, and whether it vetoes it")
    .option("--json", "print one JSON object")
    .addHelpText("after", EXAMPLE)
    .action((expression: string, { topics, json }: SliceOptions) => {
      const found = examine(parse(expression), topics);
      terminal.out(json ? JSON.stringify(found) : describe(found));
    });
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

function describe({ tree, topicsList, ...found }: Examination): string {
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
  return lines.join("\n");
}

function listed(topics: readonly string[]): string {
  return topics.length === 0 ? "none" : topics.join(", ");
}

function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}

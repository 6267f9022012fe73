import { LiveDistError } from "../../base/errors.js";
import { everything, EVERYTHING } from "../../topics/everything.js";
import type { ExpressionNode } from "../../topics/expression.js";
import { parseTopicsSlice, type TopicsSlice } from "../../topics/topics-slice.js";

/**
 * What somebody may do beside reading. administrator: all that tells of the site and its clients, or changes them; monitor: read the
 * metrics; proxy: read the rows of LiveDistClients; site: speak as a site of the tree; notifier: wake the delta server from another
 * machine.
 */
export type Role = "administrator" | "monitor" | "proxy" | "site" | "notifier";

const roles: Readonly<Record<Role, true>> = {
  administrator: true,
  monitor: true,
  proxy: true,
  site: true,
  notifier: true,
};

/** What the holder of a token or a key may see and do. */
export interface Rights {
  readonly clientId: string;
  /** May be asked for: slices each of whose parts needs one of these; "*" is everything. Nothing where it is empty. */
  readonly topics: ReadonlySet<string> | typeof EVERYTHING;
  /** What every slice is narrowed to. */
  readonly topicsSlice: TopicsSlice | undefined;
  /** How far up the classified topics it may see; undefined: none of them. */
  readonly classification: string | undefined;
  /** Whether a client with these rights may be registered although they are restricted: it goes on to be given what has left them. */
  readonly registration: boolean;
  readonly roles: ReadonlySet<Role>;
}

const members = ["topics", "topicsSlice", "classification", "registration", "roles"];

/**
 * Reads the rights that stand in a token's claim or at a key. Without `topics` and `topicsSlice` there are none to any entity; with
 * `topicsSlice` alone every slice may be asked for, within it. Throws Config for what is malformed or not known: rights that are not
 * understood are not guessed.
 */
export function readRights(clientId: unknown, value: unknown): Rights {
  if (typeof clientId !== "string" || clientId === "") throw wrong("the ClientId is missing");
  const { topics, topicsSlice, classification, registration = false, roles: named = [] } = objectOf(value);
  if (topicsSlice !== undefined && typeof topicsSlice !== "string") throw wrong("topicsSlice has to be a text");
  if (classification !== undefined && typeof classification !== "string")
    throw wrong("classification has to be a text");
  if (typeof registration !== "boolean") throw wrong("registration has to be true or false");
  return {
    clientId,
    topics: topicsOf(topics ?? (topicsSlice === undefined ? [] : EVERYTHING)),
    topicsSlice: topicsSlice === undefined ? undefined : parseTopicsSlice(topicsSlice),
    classification,
    registration,
    roles: rolesOf(named),
  };
}

/** Tells whether a slice asks for nothing but what these topics stand for: each list that it selects has one of them. */
export function isWithin(slice: TopicsSlice, topics: Rights["topics"]): boolean {
  if (topics === EVERYTHING) return true;
  return slice !== everything && hasOneOf(slice.expression, topics);
}

function hasOneOf(node: ExpressionNode, topics: ReadonlySet<string>): boolean {
  if (node.kind === "topic") return topics.has(node.topic);
  if (node.kind !== "chain") return false;
  // From left to right, as the chain is read: each `+` adds lists, each `*` takes some away.
  let has = hasOneOf(node.head, topics);
  for (const { operator, operand } of node.steps) {
    const theirs = hasOneOf(operand, topics);
    has = operator === "+" ? has && theirs : has || theirs;
  }
  return has;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong("they have to be an object");
  const unknown = Object.keys(value).find((name) => !members.includes(name));
  if (unknown !== undefined) throw wrong(`${JSON.stringify(unknown)} is none; known are ${members.join(", ")}`);
  return value as Readonly<Record<string, unknown>>;
}

function topicsOf(value: unknown): Rights["topics"] {
  if (value === EVERYTHING) return EVERYTHING;
  if (!isTexts(value)) throw wrong('topics has to be a list of topics, or "*"');
  return new Set(value);
}

function rolesOf(value: unknown): ReadonlySet<Role> {
  if (!isTexts(value)) throw wrong("roles has to be a list");
  const unknown = value.find((role) => !Object.hasOwn(roles, role));
  if (unknown !== undefined) throw wrong(`there is no role ${JSON.stringify(unknown)}`);
  return new Set(value as Role[]);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function wrong(reason: string): LiveDistError {
  return new LiveDistError("Config", `the rights of a token or key are malformed: ${reason}`);
}

import type { JSONWebKeySet } from "jose";
import type { Clock } from "../../base/clock.js";
import { LiveDistError } from "../../base/errors.js";
import { type StaticKey, TokenPermit } from "./token-permit.js";

/** What may stand in the file; `jwksUrl` is where the keys are published. */
const members = ["jwks", "jwksUrl", "issuer", "audience", "keys", "classifications"];

/** Makes a permit of the text of its file, JSON (docs/security.md): the options of `TokenPermit`. Throws Config where it is anything else. */
export function parsePermit(text: string, clock: Clock): TokenPermit {
  const said = parse(text);
  const unknown = Object.keys(said).find((name) => !members.includes(name));
  if (unknown !== undefined) throw wrong(`${JSON.stringify(unknown)} is unknown; known are ${members.join(", ")}`);
  const { jwks, jwksUrl, issuer, audience, keys, classifications } = said;
  if (jwks !== undefined && jwksUrl !== undefined) throw wrong("has both jwks and jwksUrl");
  const options: Record<string, unknown> = {
    ...{ clock, jwks: jwks === undefined ? urlOf(jwksUrl) : checkJwks(jwks) },
    ...{ issuer: checkText("issuer", issuer), audience: checkText("audience", audience) },
    ...{ keys: checkList("keys", keys), classifications: checkList("classifications", classifications) },
  };
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return new TokenPermit(Object.fromEntries(given));
}

function parse(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Without the parser's message, which quotes what may be a secret.
    throw wrong("is no JSON");
  }
  if (!isObject(value)) throw wrong("has to hold a JSON object");
  return value;
}

function urlOf(value: unknown): URL | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" && /^https:/.test(value) && URL.canParse(value)) return new URL(value);
  throw wrong("has a jwksUrl that is no https:// address");
}

function checkJwks(value: unknown): JSONWebKeySet {
  if (isObject(value) && Array.isArray(value["keys"]) && value["keys"].every(isObject)) {
    return value as unknown as JSONWebKeySet;
  }
  throw wrong("has a jwks that is no JSON Web Key Set");
}

function checkText(name: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  throw wrong(`has a ${name} that is no text`);
}

function checkList(
  name: "keys" | "classifications",
  value: unknown,
): readonly StaticKey[] | readonly string[] | undefined {
  const isItem = name === "keys" ? isObject : isText;
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every(isItem)) return value as readonly StaticKey[];
  throw wrong(`has ${name} that are no list of ${name === "keys" ? "objects" : "topics"}`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function wrong(reason: string): LiveDistError {
  return new LiveDistError("Config", `the permit file (LiveDistPermitFile) ${reason}`);
}

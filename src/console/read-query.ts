import { LiveDistError } from "../base/errors.js";

/** What a route of the API is asked with. */
export interface ApiRequest {
  readonly query: URLSearchParams;
  /** The parsed body of a POST. */
  readonly body: unknown;
}

/** Reads a whole number of the query. Throws Request where it is none; gives `otherwise` where it is absent. */
export function numberOf({ query }: ApiRequest, name: string, otherwise: number): number {
  const text = query.get(name);
  if (text === null) return otherwise;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new LiveDistError("Request", `${name} has to be a whole number`);
}

/** Reads a text of the query; undefined where it is absent or empty. */
export function textOf({ query }: ApiRequest, name: string): string | undefined {
  return query.get(name) ?? undefined;
}

/** Reads a text of the query. Throws Request where it is absent. */
export function neededText(request: ApiRequest, name: string): string {
  const text = textOf(request, name);
  if (text) return text;
  throw new LiveDistError("Request", `${name} is missing in the query`);
}

/** Reads the members of a body that is an object. Throws Request where it is none. */
export function membersOf({ body }: ApiRequest): Readonly<Record<string, unknown>> {
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  throw new LiveDistError("Request", "the body must be a JSON object");
}

/** Reads a text of a body; undefined where it is absent. Throws Request where it is anything else. */
export function memberText(members: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = members[name];
  if (value === undefined || typeof value === "string") return value;
  throw new LiveDistError("Request", `${name} has to be a text`);
}

import { codeOf, fromWireError, LiveDistError } from "../base/errors.js";
import { serversFolder } from "../wire/requests.js";
import { Option } from "commander";

/** Milliseconds that a console may take to answer. */
const ANSWER_MS_MAX = 30_000;

/** Where a console is, and how it is asked. */
export interface ConsoleOptions {
  readonly suffix: string;
  readonly token?: string;
}

/** Makes the option for the token that a server's permit wants of administrators. */
export function tokenOption(): Option {
  return new Option("--token <token>", "what the permit of the server wants of administrators").env("LIVEDIST_TOKEN");
}

/** Asks the console behind a URL: GET, or POST with a body. Rejects with what it answers instead, and with Network. */
export async function askConsole<T>(
  url: string,
  path: string,
  { suffix, token }: ConsoleOptions,
  asked: { readonly query?: Readonly<Record<string, string>>; readonly body?: object },
): Promise<T> {
  const address = `${url}${serversFolder(suffix)}console/v1/${path}?${new URLSearchParams(asked.query)}`;
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const post = asked.body && { method: "POST", body: JSON.stringify(asked.body) };
  try {
    const response = await fetch(address, { headers, ...post, signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    const value = (await response.json()) as T & { error?: Parameters<typeof fromWireError>[0] };
    if (value.error) throw fromWireError(value.error);
    return value;
  } catch (error) {
    if (codeOf(error) !== undefined) throw error;
    throw new LiveDistError("Network", `the console at ${url} does not answer`, { cause: error });
  }
}

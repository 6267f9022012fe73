import type { ConsoleSite } from "./console-site.js";

/** Gets an answer of the console's API. Rejects with what the server has answered instead. */
export async function ask<T>(
  site: Pick<ConsoleSite, "url">,
  path: string,
  query: Record<string, string> = {},
  token?: string,
): Promise<T> {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  return read<T>(await fetch(`${site.url}console/v1/${path}?${new URLSearchParams(query)}`, { headers }));
}

/** Posts to the console's API. Rejects as `ask` does. */
export async function tell<T>(site: Pick<ConsoleSite, "url">, path: string, body: unknown): Promise<T> {
  const headers = { "Content-Type": "application/json" };
  return read<T>(await fetch(`${site.url}console/v1/${path}`, { method: "POST", headers, body: JSON.stringify(body) }));
}

async function read<T>(response: Response): Promise<T> {
  const value = (await response.json()) as { error?: { code: string; message: string } };
  if (value.error) throw Object.assign(new Error(value.error.message), value.error);
  return value as T;
}

/** Asks again and again until an answer is as it should be. Rejects with none: the test's own time limit ends it. */
export async function until<T>(asking: () => Promise<T>, isThere: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await asking();
    if (isThere(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

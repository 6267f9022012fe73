/** Milliseconds after which a server that does not answer is taken for lost. */
const ANSWER_MS_MAX = 10_000;

/** What the server has answered instead. */
export class ApiError extends Error {
  readonly code: string;
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor({ code, message, line, column }: { code: string; message: string; line?: number; column?: number }) {
    super(message);
    this.code = code;
    this.line = line;
    this.column = column;
  }
}

/** Where the server could not be reached. */
export class LostError extends Error {}

/** Gets an answer of the console's API. Rejects with ApiError or LostError. */
export async function get<T>(path: string, query: Readonly<Record<string, string>> = {}): Promise<T> {
  return ask<T>(`${path}?${new URLSearchParams(query)}`, {});
}

/** Posts a JSON object to the console's API. Rejects as `get` does. */
export async function post<T>(path: string, body: object): Promise<T> {
  return ask<T>(path, { method: "POST", body: JSON.stringify(body) });
}

async function ask<T>(path: string, init: RequestInit): Promise<T> {
  let response: Response;
  let value: unknown;
  try {
    response = await fetch(`console/v1/${path}`, {
      ...init,
      headers: headers(),
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    value = await response.json();
  } catch (error) {
    throw new LostError("the server does not answer", { cause: error });
  }
  if (response.ok) return value as T;
  throw new ApiError((value as { error: ConstructorParameters<typeof ApiError>[0] }).error);
}

/** Where the token is kept: as long as the tab is open, and no longer. */
const TOKEN_KEY = "livedist-console-token";

/** Sends a token with every request from now on. */
export function setToken(token: string): void {
  sessionStorage.setItem(TOKEN_KEY, token);
}

function headers(): Record<string, string> {
  const token = sessionStorage.getItem(TOKEN_KEY);
  return { "Content-Type": "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) };
}

/** Says an error in a sentence for a person. */
export function sentenceOf(error: unknown): string {
  if (error instanceof ApiError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

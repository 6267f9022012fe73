import { serverPath } from "../../wire/requests.js";
import type { AskServer } from "./site-member.js";

/** Milliseconds that another server may take to say how it is. */
const ASK_MS_MAX = 2_000;

/** Makes what asks servers of the same instance by their status. */
export function askByStatus(applicationSuffix: string): AskServer {
  return async (url) => {
    try {
      const address = url.replace(/\/+$/, "") + serverPath(applicationSuffix, "delta");
      const response = await fetch(address, { signal: AbortSignal.timeout(ASK_MS_MAX) });
      const status = (await response.json()) as { database?: unknown } | null;
      return status?.database === "reached";
    } catch {
      return undefined;
    }
  };
}

/** The topic of what those who have a key may see, and of what nobody may; both stand in the fields of their entities too. */
export const OPEN = "OPEN";
export const SECRET = "SCRT";

/** Those that the server knows: an insider who attacks, and clients who mean well. */
export const keys = [
  { clientId: "insider", key: "insider-0123456789abcdef0123456789abcdef" },
  { clientId: "streaming", key: "streaming-0123456789abcdef0123456789abcdef" },
  { clientId: "polling", key: "polling-0123456789abcdef0123456789abcdef" },
] as const;

/** What the attacked process answers. */
export interface Told {
  readonly errors: readonly string[];
  readonly url?: string;
  /** What it holds in memory, garbage left out. */
  readonly bytes?: number;
}

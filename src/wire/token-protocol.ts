/** The subprotocol of LiveDist's WebSockets; it is named only where a token comes ahead, since a server has to answer with one of those named. */
const SUBPROTOCOL = "livedist";
const TOKEN_MARK = "livedist.token.";

/**
 * Gives the subprotocols that show a token ahead of a WebSocket's first message (protocol: streams): a browser sends no other header
 * that a page may choose.
 */
export function subprotocolsWith(token: string): string[] {
  const bytes = new TextEncoder().encode(token);
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return [SUBPROTOCOL, TOKEN_MARK + base64.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")];
}

/** Reads the token out of the header Sec-WebSocket-Protocol; undefined where there is none, or what is there is none. */
export function tokenOfSubprotocols(header: string | undefined): string | undefined {
  const shown = header
    ?.split(",")
    .map((name) => name.trim())
    .find((name) => name.startsWith(TOKEN_MARK));
  if (shown === undefined) return undefined;
  const base64 = shown.slice(TOKEN_MARK.length).replace(/-/g, "+").replace(/_/g, "/");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(atob(base64), (one) => one.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

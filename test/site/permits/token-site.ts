import { createHash } from "node:crypto";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { Edge } from "../../../src/edge/edge.js";
import { HttpClient, type HttpClientOptions } from "../../../src/edge/http-client.js";
import { type StaticKey, TokenPermit, type TokenPermitOptions } from "../../../src/site/permits/token-permit.js";
import { startLiveDist, type LiveDistServer } from "../../../src/site/start-live-dist.js";
import type { Tracking } from "../../../src/wire/requests.js";
import { Application, schema } from "../../plugs/application.js";
import { afterThis, Logged } from "../../support/one-site.js";

const { privateKey, publicKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: "k1", alg: "EdDSA" }] };
const other = await generateKeyPair("EdDSA", { crv: "Ed25519" });

export const key = "0123456789abcdef0123456789abcdef";

/** Signs a token of c1 with rights, for an hour. */
export function tokenWith(livedist: object, claims: JWTPayload = {}, signer = privateKey): Promise<string> {
  return new SignJWT({ sub: "c1", iss: "issuer", aud: "site", livedist, ...claims })
    .setProtectedHeader({ alg: "EdDSA", kid: "k1" })
    .setExpirationTime(claims.exp ?? "1h")
    .sign(signer);
}

export function forgedToken(livedist: object): Promise<string> {
  return tokenWith(livedist, {}, other.privateKey);
}

export function staticKey(rights: Omit<StaticKey, "sha256" | "clientId">, clientId = "c1"): StaticKey {
  return { sha256: createHash("sha256").update(key).digest("hex"), clientId, ...rights };
}

export interface TokenSite {
  readonly server: LiveDistServer;
  readonly application: Application;
  readonly logged: Logged;
}

/** A server whose cities have "large" or "small" as their topic, and a permit. */
export async function start(options: TokenPermitOptions = {}, config: Record<string, string> = {}): Promise<TokenSite> {
  const application = await Application.start();
  const permit = new TokenPermit({ jwks, issuer: "issuer", audience: "site", ...options });
  const logged = new Logged();
  const { options: given } = application;
  const server = await startLiveDist({ ...given, config: { ...given.config, ...config }, permit, logger: logged });
  afterThis(() => server.close());
  return { server, application, logged };
}

export function edgeOf(
  { server }: TokenSite,
  token: HttpClientOptions["token"],
  options: { clientId?: string; tracking?: Tracking; siteEpoch?: () => string; transport?: "longPoll" } = {},
): Edge {
  const { clientId = "c1", tracking = "transition", transport, siteEpoch } = options;
  const client = new HttpClient({
    ...{ clientId, servers: [server.url] },
    ...(token !== undefined && { token }),
    ...(transport && { transport }),
  });
  const edge = new Edge(client, { schema, tracking, ...(siteEpoch && { siteEpoch }) });
  afterThis(() => edge.close());
  return edge;
}

export { jwks };

import { createHash } from "node:crypto";
import { createLocalJWKSet, createRemoteJWKSet, type JSONWebKeySet, jwtVerify, type JWTVerifyGetKey } from "jose";
import { type Clock, systemClock } from "../../base/clock.js";
import { LiveDistError, PermissionError } from "../../base/errors.js";
import { RIGHTS_KEPT_MAX } from "../../base/limits.js";
import type { IPermit, Permitted, PermitRequest } from "../../plugs/permit.js";
import { EVERYTHING, parseSubscription } from "../../topics/everything.js";
import { FATHER_TOPIC, siteTopic } from "../../topics/routing-topics.js";
import { isWithin, readRights, type Rights, type Role } from "./rights.js";

/** A key that proves who asks by itself, known here by its hash: 32 random bytes or more, in any form that stands in a header. */
export interface StaticKey {
  /** SHA-256 of the key, 64 hexadecimal digits. */
  readonly sha256: string;
  readonly clientId: string;
  readonly topics?: readonly string[] | "*";
  readonly topicsSlice?: string;
  readonly classification?: string;
  readonly registration?: boolean;
  readonly roles?: readonly Role[];
}

export interface TokenPermitOptions {
  /** The keys that tokens are signed with, or where they are published: a JSON Web Key Set. Absent: static keys alone. */
  readonly jwks?: JSONWebKeySet | URL;
  /** What a token's `iss` and `aud` have to be, where they are given. */
  readonly issuer?: string;
  readonly audience?: string;
  readonly keys?: readonly StaticKey[];
  /**
   * Topics that classify entities, the lowest first: ["internal", "secret"]. An entity with one of them is seen only by who has it, or a
   * higher one, as `classification`.
   */
  readonly classifications?: readonly string[];
  readonly clock?: Clock;
}

/** What is known of a token. */
interface Holder {
  readonly rights: Rights;
  readonly untilMs: number | undefined;
}

/** Which roles may ask for what is not about entities. */
const rolesFor: Partial<Record<PermitRequest["service"], readonly Role[]>> = {
  ReadClients: ["administrator", "proxy"],
  ReadMetrics: ["administrator", "monitor"],
  Administer: ["administrator"],
  Notify: ["administrator", "notifier"],
  Park: ["site"],
  Look: ["site", "proxy"],
};

/** Names no client: who has the role may. */
const isNobodys = (service: PermitRequest["service"]): boolean =>
  service === "ReadMetrics" || service === "Administer" || service === "Notify";

/** Seconds that the clocks of who signs and who verifies may differ. */
const CLOCK_TOLERANCE_SECONDS = 5;

/**
 * Permits by tokens and keys (guide §5.6). A token is a JWT: `sub` is the ClientId, `exp` has to be there, and the claim `livedist` has
 * the rights (`Rights`); a static key has its rights here. What a client asks for beyond its `topics` is refused; its `topicsSlice`
 * and classification narrow every slice that it asks for. docs/security.md has examples.
 */
export class TokenPermit implements IPermit {
  readonly #jwks: JWTVerifyGetKey | undefined;
  readonly #claims: { readonly issuer?: string; readonly audience?: string };
  readonly #keys: ReadonlyMap<string, Rights>;
  readonly #classifications: readonly string[];
  readonly #clock: Clock;
  /** Tokens whose signature was verified, so that not every poll costs that. */
  readonly #verified = new Map<string, Holder>();

  /** Throws Config where the options are malformed. */
  constructor({ jwks, issuer, audience, keys = [], classifications = [], clock = systemClock }: TokenPermitOptions) {
    if (jwks === undefined && keys.length === 0) throw config("has neither jwks nor keys: nobody could prove anything");
    this.#jwks = jwks && (jwks instanceof URL ? createRemoteJWKSet(jwks) : createLocalJWKSet(jwks));
    this.#claims = { ...(issuer !== undefined && { issuer }), ...(audience !== undefined && { audience }) };
    this.#classifications = classifications;
    this.#keys = new Map(keys.map((key) => this.#readKey(key)));
    this.#clock = clock;
  }

  async check(request: PermitRequest): Promise<Permitted> {
    const { rights, untilMs } = await this.#holderOf(request.credentials);
    checkRole(rights, request);
    const permitted = untilMs === undefined ? {} : { untilMs };
    if (request.service === "Look") return { ...permitted, ...this.#seen(rights) };
    if (request.topicsSlice === undefined) return permitted;
    this.#checkSlice(rights, request.topicsSlice, request.tracking === "registration");
    return { ...permitted, ...this.#narrowed(rights, request.topicsSlice) };
  }

  async admit(credentials: string): Promise<void> {
    await this.#holderOf(credentials);
  }

  async #holderOf(credentials: string | undefined): Promise<Holder> {
    if (credentials === undefined) throw new PermissionError("a token is needed (HttpClient's option token)");
    // By its hash: how long the look-up takes says nothing of the keys.
    const rights = this.#keys.get(sha256(credentials));
    if (rights !== undefined) return { rights, untilMs: undefined };
    const known = this.#verified.get(credentials);
    if (known !== undefined && known.untilMs! > this.#clock.now()) return known;
    const holder = await this.#verify(credentials);
    const [oldest] = this.#verified.keys();
    if (this.#verified.size >= RIGHTS_KEPT_MAX) this.#verified.delete(oldest!);
    this.#verified.set(credentials, holder);
    return holder;
  }

  async #verify(token: string): Promise<Holder> {
    if (this.#jwks === undefined) throw new PermissionError("the key is not known here");
    const rules = { ...this.#claims, requiredClaims: ["exp", "sub"], clockTolerance: CLOCK_TOLERANCE_SECONDS };
    const { payload } = await jwtVerify(token, this.#jwks, {
      ...rules,
      currentDate: new Date(this.#clock.now()),
    }).catch((error: unknown) => {
      throw new PermissionError(`the token is not valid: ${error instanceof Error ? error.message : "unknown"}`);
    });
    try {
      const rights = readRights(payload.sub, payload["livedist"]);
      this.#checkClassification(rights);
      return { rights, untilMs: payload.exp! * 1000 };
    } catch (error) {
      if (error instanceof LiveDistError) throw new PermissionError(error.message);
      throw error;
    }
  }

  #readKey({ sha256, clientId, ...value }: StaticKey): [string, Rights] {
    if (!/^[0-9a-f]{64}$/i.test(sha256)) throw config("has a key without sha256, 64 hexadecimal digits");
    const rights = readRights(clientId, value);
    this.#checkClassification(rights);
    return [sha256.toLowerCase(), rights];
  }

  #checkClassification({ classification }: Rights): void {
    if (classification === undefined || this.#classifications.includes(classification)) return;
    throw config(`knows no classification ${JSON.stringify(classification)}`);
  }

  #checkSlice(rights: Rights, text: string, isRegistered: boolean): void {
    const { clientId, topics, topicsSlice, registration } = rights;
    const slice = parseSubscription(text);
    if (!isWithin(slice, withOwnTopics(rights))) {
      const may = topics === EVERYTHING ? "everything" : [...topics].join("+") || "nothing";
      throw new PermissionError(`${clientId} may not see all of ${shortened(text)}: it may ask for ${may}`);
    }
    const isRestricted = topics !== EVERYTHING || topicsSlice !== undefined;
    if (isRestricted && isRegistered && !registration && !rights.roles.has("site")) {
      const remedy = 'use the tracking "transition"';
      throw new PermissionError(`${clientId} may not be registered, since its rights are restricted: ${remedy}`);
    }
  }

  /** Gives all that the holder may see, where that is not everything. */
  #seen(rights: Rights): Permitted {
    if (rights.topics === EVERYTHING) return this.#narrowed(rights, FATHER_TOPIC);
    if (rights.topics.size === 0) throw new PermissionError(`${rights.clientId} may see no entity`);
    const text = [...rights.topics].join("+");
    return { topicsSlice: text, ...this.#narrowed(rights, text) };
  }

  /** Puts what the client may see around its slice; gives nothing where that is everything. */
  #narrowed({ topicsSlice, classification }: Rights, text: string): Permitted {
    const hidden = this.#classifications.slice(this.#classifications.indexOf(classification ?? "") + 1);
    if (topicsSlice === undefined && hidden.length === 0) return {};
    const excluded = hidden.map((topic) => `*!${topic}`).join("");
    const narrowing = (topicsSlice === undefined ? "" : `*(${topicsSlice.text})`) + excluded;
    if (text !== EVERYTHING) return { topicsSlice: `(${text})${narrowing}`, narrowing };
    if (topicsSlice === undefined) throw new PermissionError("everything cannot be narrowed: name a topics-slice");
    return { topicsSlice: `(${topicsSlice.text})${excluded}`, narrowing };
  }
}

function checkRole({ clientId, roles }: Rights, { service, clientId: asked, isSite }: PermitRequest): void {
  const wanted = rolesFor[service];
  if (wanted !== undefined && !wanted.some((role) => roles.has(role))) {
    throw new PermissionError(`${service} needs the role ${wanted.join(" or ")}`);
  }
  if (isSite && !roles.has("site")) throw new PermissionError(`${clientId} is no site`);
  if (!isNobodys(service) && asked !== clientId) throw new PermissionError("the token is that of another client");
}

/** Adds the topic by which a site is given what its father sends back to it alone. */
function withOwnTopics({ clientId, topics, roles }: Rights): Rights["topics"] {
  return topics === EVERYTHING || !roles.has("site") ? topics : new Set([...topics, siteTopic(clientId)]);
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function config(sentence: string): LiveDistError {
  return new LiveDistError("Config", `the permit ${sentence}`);
}

import { isIP } from "node:net";
import { LiveDistError } from "../../base/errors.js";
import { CLIENT_ID_LENGTH_MAX, PEERS_MAX } from "../../base/limits.js";
import { checkTopic } from "../../topics/topic.js";

/** What the value of a key may be. */
export interface KeyType<T> {
  /** Names in a message what is accepted. */
  readonly accepts: string;
  /** Gives the value of a text that is not empty, or undefined where it is not accepted. */
  parse(text: string): T | undefined;
}

/** A neighbour in the tree of sites, as it stands in LiveDistSons. */
export interface Son {
  readonly id: string;
  /** Where its servers listen; none where its own connection carries both directions. */
  readonly servers: readonly string[];
}

/** A text that a pattern describes, taken as it is. */
export function text(pattern: RegExp, accepts: string): KeyType<string> {
  return { accepts, parse: (value) => (pattern.test(value) ? value : undefined) };
}

const yesNoValues = new Map([
  ["yes", true],
  ["true", true],
  ["no", false],
  ["false", false],
]);

/** The guide writes both true and yes. */
export const yesNo: KeyType<boolean> = {
  accepts: "yes, no, true or false",
  parse: (value) => yesNoValues.get(value.trim().toLowerCase()),
};

/** One of some words. */
export function oneOf<T extends string>(words: readonly T[]): KeyType<T> {
  return {
    accepts: words.join(" or "),
    parse: (value) => words.find((word) => word === value.trim().toLowerCase()),
  };
}

/** A whole number in decimal digits. */
export function wholeNumber(min: number, max: number): KeyType<number> {
  return {
    accepts: `a whole number from ${min} to ${max}`,
    parse(value) {
      const digits = value.trim();
      const number = /^\d+$/.test(digits) ? Number(digits) : NaN;
      return number >= min && number <= max ? number : undefined;
    },
  };
}

/** Items between commas, each once; as in a topics-list, a comma may also stand in front and behind. */
export function listOf<T>(
  item: KeyType<T>,
  itemsMax: number,
  identify = (value: T): unknown => value,
): KeyType<readonly T[]> {
  return {
    accepts: `a comma-separated list of at most ${itemsMax}, each once: ${item.accepts}`,
    parse(value) {
      const inner = value.trim().replace(/^,/, "").replace(/,$/, "");
      const items: T[] = [];
      for (const part of inner.split(",", itemsMax + 1)) {
        const parsed = item.parse(part.trim());
        if (parsed === undefined) return undefined;
        items.push(parsed);
      }
      if (items.length > itemsMax || new Set(items.map(identify)).size < items.length) return undefined;
      return Object.freeze(items);
    },
  };
}

export const topic: KeyType<string> = {
  accepts: "topics without white space, quotes or any of * + ! ( ) , #",
  parse(value) {
    try {
      checkTopic(value);
      return value;
    } catch (error) {
      if (error instanceof LiveDistError) return undefined;
      throw error;
    }
  },
};

/** The name of a site: it stands in topics and in field versions, so that it holds no punctuation that means something there. */
export const siteId = text(
  new RegExp(`^[\\p{L}\\p{N}_.-]{1,${CLIENT_ID_LENGTH_MAX}}$`, "u"),
  `1 to ${CLIENT_ID_LENGTH_MAX} letters, digits, "_", "-" and "."`,
);

export const url: KeyType<string> = {
  accepts: "http:// and https:// addresses",
  parse: (value) => (/^https?:\/\//i.test(value) && URL.canParse(value) ? value : undefined),
};

export const natsServer: KeyType<string> = {
  accepts: "nats:// and tls:// addresses",
  parse: (value) => (/^(nats|tls):\/\//i.test(value) && URL.canParse(value) ? value : undefined),
};

export const son: KeyType<Son> = {
  accepts: "id, id=url, or id=url|url where the son has several servers",
  parse(value) {
    const equals = value.indexOf("=");
    const id = siteId.parse(equals < 0 ? value : value.slice(0, equals));
    // Commas stand between sons.
    const given = equals < 0 ? [] : value.slice(equals + 1).split("|");
    const servers = given.map((address) => url.parse(address.trim()));
    if (id === undefined || !areAll(servers) || servers.length > PEERS_MAX) return undefined;
    return Object.freeze({ id, servers: Object.freeze(servers) });
  },
};

function areAll<T>(values: readonly (T | undefined)[]): values is readonly T[] {
  return !values.includes(undefined);
}

/** What stands in a header as it is (RFC 6750). */
export const token = text(/^[A-Za-z0-9._~+/=-]{1,16384}$/, "a token without white space");

/** What proves something to the servers of one son. */
export interface SonToken {
  readonly id: string;
  readonly token: string;
}

export const sonToken: KeyType<SonToken> = {
  accepts: "id=token",
  parse(value) {
    const equals = value.indexOf("=");
    const id = equals < 0 ? undefined : siteId.parse(value.slice(0, equals));
    const proof = token.parse(value.slice(equals + 1));
    return id === undefined || proof === undefined ? undefined : Object.freeze({ id, token: proof });
  },
};

export const host: KeyType<string> = {
  accepts: "an IP address or the name of a host, without a port",
  parse: (value) => (isIP(value) !== 0 || /^[\p{L}\p{N}_.-]{1,253}$/u.test(value) ? value : undefined),
};

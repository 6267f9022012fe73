import {
  CLIENT_ID_LENGTH_MAX,
  LOADS_MAX,
  PEERS_MAX,
  TABLES_PREFIX_LENGTH_MAX,
  TOPICS_LIST_TOPICS_MAX,
} from "../../base/limits.js";
import { serverDuties } from "../../store/server-row.js";
import {
  host,
  type KeyType,
  listOf,
  oneOf,
  siteId,
  son,
  sonToken,
  text,
  token,
  topic,
  natsServer,
  url,
  wholeNumber,
  yesNo,
} from "./key-type.js";

/** One key of the configuration. */
export interface ConfigKey<T = unknown> {
  readonly type: KeyType<T>;
  /** The value where the key is not given; undefined where there is none. */
  readonly default: T | undefined;
  /** Where the key comes from: a section of the guide, or "LiveDist for Node" where the guide has none. */
  readonly section: string;
  /** What the key is for, in one sentence that names units. */
  readonly doc: string;
  /** Whether this version acts on it; what is not served yet is read and checked all the same. */
  readonly isServed: boolean;
  /** Its value never stands in a message. */
  readonly isSecret?: boolean;
  /** What web.config.example shows instead of the default. */
  readonly example?: string;
}

const OURS = "LiveDist for Node";
const line = text(/^\P{Cc}+$/u, "text without control characters");
const name = text(
  new RegExp(`^\\P{Cc}{1,${CLIENT_ID_LENGTH_MAX}}$`, "u"),
  `1 to ${CLIENT_ID_LENGTH_MAX} characters, none a control character`,
);
const pollMs = wholeNumber(1, 3_600_000);
const MINUTES_PER_YEAR = 525_600;
const HOURS_PER_CENTURY = 876_600;
const MIB = 1024 * 1024;

/** All keys of the configuration (guide §7, §8): what reads, checks and documents them is made from this table. */
export const configKeys = {
  LiveDistConnectionString: {
    type: line,
    default: undefined,
    section: "guide §7.1",
    doc: "The site's database, for instance \"sqlite:site.db\"; for the command livedist start, relative to this file's folder.",
    isServed: true,
    isSecret: true,
    example: "sqlite:livedist.db",
  },
  LiveDistUseRegistration: {
    type: yesNo,
    default: false,
    section: "guide §7.1",
    doc: "Whether the servers keep a registration-table, for the edges that ask to be registered.",
    isServed: false,
  },
  LiveDistStartDeltaServer: {
    type: yesNo,
    default: true,
    section: "guide §7.1",
    doc: "Whether the delta server starts; where it does so alone, another server of the site has to be the cache server.",
    isServed: true,
  },
  LiveDistStartCacheServer: {
    type: yesNo,
    default: true,
    section: "guide §7.1",
    doc: "Whether the cache server starts; where it does so alone, another server of the site has to be the delta server.",
    isServed: true,
  },
  LiveDistApplicationSuffix: {
    type: text(/^[A-Za-z0-9_-]{1,64}$/, 'letters, digits, "_" and "-" (1 to 64)'),
    default: "1",
    section: "guide §7.2",
    doc: "What follows LiveDist in the paths of the servers, so that several instances can stand behind one address.",
    isServed: true,
  },
  LiveDistTablesPrefix: {
    type: text(
      new RegExp(`^[A-Za-z0-9_.]{1,${TABLES_PREFIX_LENGTH_MAX}}$`),
      `at most ${TABLES_PREFIX_LENGTH_MAX} letters, digits, "_" and "."`,
    ),
    default: "",
    section: "guide §7.2",
    doc: "What stands in front of the names of LiveDist's own tables.",
    isServed: true,
  },
  LiveDistHost: {
    type: host,
    default: "127.0.0.1",
    section: OURS,
    doc: "The address to listen on.",
    isServed: true,
  },
  LiveDistPort: {
    type: wholeNumber(0, 65_535),
    default: 8080,
    section: OURS,
    doc: "The TCP port to listen on; 0 takes any that is free.",
    isServed: true,
  },
  LiveDistUrl: {
    type: url,
    default: undefined,
    section: OURS,
    doc: "How the clients and the other servers of the site reach this server, where that is not the address that it listens on.",
    isServed: true,
  },
  LiveDistServerRole: {
    type: oneOf(serverDuties),
    default: "live",
    section: OURS,
    doc: "What this server does beside the others of its site: live serves everything, standby serves deltas and takes over where no server is live, backup reads the log and serves no clients.",
    isServed: true,
  },
  LiveDistTlsCertFile: {
    type: line,
    default: undefined,
    section: OURS,
    doc: "The file with the server's certificate and those between it and its authority, as PEM: with it the server speaks https. A new one is read within a minute.",
    isServed: true,
  },
  LiveDistTlsKeyFile: {
    type: line,
    default: undefined,
    section: OURS,
    doc: "The file with the private key of LiveDistTlsCertFile, as PEM.",
    isServed: true,
  },
  LiveDistPermitFile: {
    type: line,
    default: undefined,
    section: OURS,
    doc: "The JSON file that says which tokens and keys prove what (docs/security.md); with it LiveDistHost may be any address. A new content is read within seconds.",
    isServed: true,
  },
  LiveDistToken: {
    type: token,
    default: undefined,
    section: OURS,
    doc: "The token or key that proves to the servers of the father-site, or of a proxy's mother, who asks.",
    isServed: true,
    isSecret: true,
  },
  LiveDistSonTokens: {
    type: listOf(sonToken, PEERS_MAX, ({ id }) => id),
    default: [],
    section: OURS,
    doc: "The tokens or keys that prove to the sons' servers who asks, comma-separated, as id=token.",
    isServed: true,
    isSecret: true,
  },
  LiveDistConsole: {
    type: yesNo,
    default: true,
    section: OURS,
    doc: "Whether this server shows its web console and tells other sites of the tree; what it shows is for administrators alone, wherever there is a permit.",
    isServed: true,
  },
  LiveDistRequestsPerSecondMax: {
    type: wholeNumber(0, Number.MAX_SAFE_INTEGER),
    default: 5_000,
    section: OURS,
    doc: "Requests that one ClientId may make in a second at one server, however many edges share it; 0 sets no limit.",
    isServed: true,
  },
  LiveDistLoadsPerClientMax: {
    type: wholeNumber(0, LOADS_MAX),
    default: 250,
    section: OURS,
    doc: "Loads of one ClientId that run at once at one server, however many edges share it; 0 sets no limit.",
    isServed: true,
  },
  LiveDistNatsServers: {
    type: listOf(natsServer, PEERS_MAX),
    default: [],
    section: OURS,
    doc: "NATS servers with JetStream, comma-separated as nats://host:4222, over which the servers of the site are given the rows of the log instead of each reading them in the database; none by default.",
    isServed: true,
    isSecret: true,
  },
  LiveDistNatsName: {
    type: text(/^[A-Za-z0-9_-]{1,64}$/, 'letters, digits, "_" and "-" (1 to 64)'),
    default: "1",
    section: OURS,
    doc: "What tells this site from others that use the same NATS servers.",
    isServed: true,
  },
  LiveDistModule: {
    type: line,
    default: undefined,
    section: OURS,
    doc: "The path of the application's module, which exports schema, topicsOf and plugs, for the command livedist start; relative to this file's folder.",
    isServed: true,
  },
  LiveDistPollMs: {
    type: pollMs,
    default: 500,
    section: OURS,
    doc: "Milliseconds between two looks at the log when nobody has notified the delta server.",
    isServed: true,
  },
  LiveDistClientsPollMs: {
    type: pollMs,
    default: 500,
    section: OURS,
    doc: "Milliseconds between two looks at the table LiveDistClients.",
    isServed: true,
  },
  LiveDistLogKeepHours: {
    type: wholeNumber(0, HOURS_PER_CENTURY),
    default: 168,
    section: OURS,
    doc: "Hours for which the log is kept; a client that stays away longer has to load again. 0 keeps it for ever.",
    isServed: true,
  },
  LiveDistLogBytesMax: {
    type: wholeNumber(0, Number.MAX_SAFE_INTEGER),
    default: 1024 * MIB,
    section: OURS,
    doc: "Bytes that the log may take in the database before its oldest part goes; 0 sets no limit.",
    isServed: true,
  },
  LiveDistLogInMemoryBytesMax: {
    type: wholeNumber(1, Number.MAX_SAFE_INTEGER),
    default: 64 * MIB,
    section: OURS,
    doc: "Bytes of the newest part of the log that a server holds in memory.",
    isServed: true,
  },
  LiveDistSiteName: {
    type: name,
    default: "center",
    section: "guide §8.1",
    doc: 'The name of the site in which the server runs; every other name than "center" makes it a proxy.',
    isServed: true,
  },
  LiveDistMotherServers: {
    type: listOf(url, PEERS_MAX),
    default: [],
    section: OURS,
    doc: "The servers that a proxy receives from, as comma-separated URLs.",
    isServed: true,
  },
  LiveDistClientId: {
    type: name,
    default: undefined,
    section: OURS,
    doc: "The ClientId of a proxy at its mother.",
    isServed: true,
  },
  LiveDistDeltaUseTopicsSlice: {
    type: yesNo,
    default: false,
    section: "guide §8.3",
    doc: "Whether a proxy receives only the topics that somebody needs, instead of everything.",
    isServed: true,
  },
  LiveDistDeltaFixedTopicsInSlice: {
    type: listOf(topic, TOPICS_LIST_TOPICS_MAX),
    default: [],
    section: "guide §8.3",
    doc: 'The topics that a proxy always receives, comma-separated, as "t1,t2,".',
    isServed: true,
  },
  LiveDistDeltaUnusedTopicsLifeInMinutes: {
    type: wholeNumber(1, MINUTES_PER_YEAR),
    default: 10,
    section: "guide §8.3",
    doc: "Minutes for which a proxy goes on to receive a topic that no edge uses any more.",
    isServed: true,
  },
  LiveDistSiteId: {
    type: siteId,
    default: undefined,
    section: OURS,
    doc: "The name of this site in the tree of sites, which is also its ClientId at its father; with it livedist start starts a site of a tree.",
    isServed: true,
  },
  LiveDistFatherServers: {
    type: listOf(url, PEERS_MAX),
    default: [],
    section: OURS,
    doc: "The servers of the father-site, as comma-separated URLs; without any, this site is the root of its tree.",
    isServed: true,
  },
  LiveDistFatherTopicsSlice: {
    type: line,
    default: undefined,
    section: OURS,
    doc: "The topics-slice that this site takes from its father, for instance continent-EU+size-huge.",
    isServed: true,
  },
  LiveDistSons: {
    type: listOf(son, PEERS_MAX, ({ id }) => id),
    default: [],
    section: OURS,
    doc: "The son-sites, comma-separated: id=url (id=url|url where it has several servers), or id alone where the son cannot be reached and its own connections carry both directions.",
    isServed: true,
  },
} as const satisfies Readonly<Record<`LiveDist${string}`, ConfigKey>>;

export type ConfigKeyName = keyof typeof configKeys;

export const configKeyNames = Object.keys(configKeys) as readonly ConfigKeyName[];

/** Tells whether a name is that of a key. */
export function isConfigKeyName(text: string): text is ConfigKeyName {
  return Object.hasOwn(configKeys, text);
}

/** Writes a key's default as it would stand in a web.config; empty where there is none. */
export function defaultText(key: ConfigKeyName): string {
  return String(configKeys[key].default ?? "");
}

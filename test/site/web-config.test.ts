import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import { codeOf, LiveDistError } from "../../src/base/errors.js";
import { CONFIG_KEYS_MAX } from "../../src/base/limits.js";
import { type ConfigKey, configKeyNames, configKeys, defaultText } from "../../src/site/config/config-keys.js";
import { memberOf } from "../../src/site/config/config-values.js";
import type { ConfigObject, Environment } from "../../src/site/config/gather-settings.js";
import { type Config, readConfig } from "../../src/site/web-config.js";

const EXAMPLE = fileURLToPath(new URL("../../web.config.example", import.meta.url));

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "livedist-config-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Reads a text as though it stood in a file called web.config. */
function readText(text: string | Uint8Array, environment: Environment = {}): Config {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return readConfig("web.config", environment, { readFile: () => bytes });
}

/** Gives a web.config whose first <add> stands in line 3. */
function webConfig(adds: readonly string[], around = ""): string {
  return `<configuration>${around}\n<appSettings>\n${adds.join("\n")}\n</appSettings>\n</configuration>`;
}

const add = (key: string, value: string) => `<add key="${key}" value="${value}"/>`;

function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof LiveDistError && error.code === "Config") return error.message;
    throw error;
  }
  return "no error";
}

describe("readConfig of a file", () => {
  test("reads the guide's keys and leaves the other sections alone", () => {
    const path = join(directory, "web.config");
    const sections = `<system.web><httpHandlers><add verb="*" path="LiveDist*/Delta.config" type="a,b"/></httpHandlers>
      <compilation debug="true"/></system.web>`;
    const adds = [
      add("LiveDistConnectionString", "Server=db;Database=&quot;a&quot;;Password=x"),
      add("LiveDistStartDeltaServer", "yes"),
      add("LiveDistStartCacheServer", "TRUE"),
      add("LiveDistApplicationSuffix", "2"),
      add("LiveDistTablesPrefix", "LiveDist.."),
      add("SomebodyElse", "1"),
    ];
    writeFileSync(path, `\ufeff<?xml version="1.0"?>\r\n${webConfig(adds, sections)}`);
    const config = readConfig(path, {});
    expect(config).toMatchObject({
      connectionString: 'Server=db;Database="a";Password=x',
      startDeltaServer: true,
      startCacheServer: true,
      applicationSuffix: "2",
      tablesPrefix: "LiveDist..",
      host: "127.0.0.1",
      port: 8080,
      logKeepHours: 168,
      logBytesMax: 2 ** 30,
      logInMemoryBytesMax: 2 ** 26,
      warnings: [],
      notYetServed: [],
    });
  });

  test("tells the line of what the guide's own example forgets to close", () => {
    const adds = ['<add key="LiveDistConnectionString" value="Server=.../ ">', add("LiveDistUseRegistration", "true")];
    expect(messageOf(() => readText(webConfig(adds)))).toBe(
      "web.config:3:1: <add> is not closed before </appSettings> in line 5",
    );
  });

  test.each([
    ["<config/>", "web.config:1:1: <configuration> is expected, not <config>"],
    [webConfig(['<add value="1"/>']), "web.config:3:1: <add> has no key"],
    [webConfig(['<add key="a">1</add>']), 'web.config:3:1: <add key="a"> has no value'],
    [webConfig(['<remove key="a"/>']), "web.config:3:1: <add> is expected in <appSettings>, not <remove>"],
    [webConfig(["a"]), "web.config:2:1: <appSettings> holds text; only <add> elements stand in it"],
    ["<configuration><appSettings file='a'/></configuration>", "web.config:1:29: <appSettings file> is not served; write the keys here"], // prettier-ignore
    [webConfig([add("LiveDistPort", "1"), "", add("LiveDistPort", "1")]), 'web.config:5:1: the key "LiveDistPort" stands already in line 3'], // prettier-ignore
    [webConfig([add("LiveDistPort", "99999")]), 'LiveDistPort "99999" (web.config:3) is not accepted; expected is a whole number from 0 to 65535'], // prettier-ignore
  ])("refuses %j", (text, message) => {
    expect(messageOf(() => readText(text))).toBe(message);
  });

  test("refuses bytes that are not UTF-8", () => {
    expect(messageOf(() => readText(Uint8Array.of(0x3c, 0xe9)))).toBe("web.config: the bytes are not UTF-8");
  });

  test("finds a key that stands twice in two sections", () => {
    const section = `<appSettings>${add("a", "1")}</appSettings>`;
    expect(messageOf(() => readText(`<configuration>${section}\n${section}</configuration>`))).toContain("in line 1");
  });

  test("tells of a file that cannot be read", () => {
    const path = join(directory, "absent.config");
    expect(messageOf(() => readConfig(path, {}))).toBe(
      `the configuration file ${JSON.stringify(path)} cannot be read: ENOENT`,
    );
    expect(messageOf(() => readConfig(directory, {}))).toContain("EISDIR");
    expect(messageOf(() => readConfig("a\0b", {}))).toContain("cannot be read");
  });
});

describe("readConfig of an object", () => {
  test("takes strings, numbers and booleans, and gives defaults to the rest", () => {
    const config = readConfig(
      { LiveDistPort: 0, LiveDistStartDeltaServer: true, LiveDistPollMs: " 20 ", other: 1 },
      {},
    );
    expect(config).toMatchObject({ port: 0, startDeltaServer: true, pollMs: 20, clientsPollMs: 500, tablesPrefix: "" });
    expect(config.connectionString).toBeUndefined();
    expectTypeOf(config.connectionString).toEqualTypeOf<string | undefined>();
    expectTypeOf(config.port).toEqualTypeOf<number>();
    expectTypeOf(config.deltaFixedTopicsInSlice).toEqualTypeOf<readonly string[]>();
  });

  test("takes undefined as not given, and an empty text as an empty default", () => {
    const empty = { LiveDistPort: undefined, LiveDistConnectionString: "", LiveDistSons: "", LiveDistTablesPrefix: "" };
    expect(readConfig(empty, {})).toEqual(readConfig({}, {}));
    expect(messageOf(() => readConfig({ LiveDistPort: "" }, {}))).toContain('LiveDistPort "" (configuration object)');
  });

  test.each([null, undefined, 1, [{}], { LiveDistPort: null }, { LiveDistPort: {} }, { LiveDistPort: 1n }])(
    "refuses %s",
    (source) => {
      if (Array.isArray(source)) expect(messageOf(() => readConfig(source as never, {}))).toContain("is no string");
      else expect(messageOf(() => readConfig(source as never, {}))).toMatch(/is no string|neither the path/);
    },
  );

  test("is frozen, with all that it holds", () => {
    const config = readConfig({ LiveDistSiteId: "c", LiveDistSons: "a,b=http://b,d=http://d|https://e" }, {});
    expect(config.sons).toEqual([
      { id: "a", servers: [] },
      { id: "b", servers: ["http://b"] },
      { id: "d", servers: ["http://d", "https://e"] },
    ]);
    const [, son] = config.sons;
    for (const part of [config, config.warnings, config.notYetServed, config.sons, son, son!.servers]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  test("refuses more keys than its limit", () => {
    const keys = Array.from({ length: CONFIG_KEYS_MAX + 1 }, (_, index) => [`k${index}`, index] as const);
    expect(() => readConfig(Object.fromEntries(keys), {})).toThrow(expect.objectContaining({ code: "Limit" }));
    expect(readConfig(Object.fromEntries(keys.slice(1)), {}).warnings).toEqual([]);
  });
});

describe("the environment", () => {
  test("wins over file and object", () => {
    const environment = { LiveDistPort: "81", PATH: "/bin", LiveDistHost: undefined };
    expect(readText(webConfig([add("LiveDistPort", "80")]), environment).port).toBe(81);
    expect(readConfig({ LiveDistPort: "bad", LiveDistHost: "::1" }, environment)).toMatchObject({
      port: 81,
      host: "::1",
    });
  });

  test("is named where its value is not accepted", () => {
    expect(messageOf(() => readConfig({}, { LiveDistUseRegistration: "on" }))).toBe(
      'LiveDistUseRegistration "on" (environment) is not accepted; expected is yes, no, true or false',
    );
  });
});

describe("values", () => {
  test.each<[string, string | number | boolean, unknown]>([
    ["LiveDistStartDeltaServer", "Yes", true],
    ["LiveDistUseRegistration", "NO", false],
    ["LiveDistUseRegistration", " false ", false],
    ["LiveDistApplicationSuffix", 7, "7"],
    ["LiveDistApplicationSuffix", "a-B_9", "a-B_9"],
    ["LiveDistHost", "0.0.0.0", "0.0.0.0"],
    ["LiveDistHost", "::", "::"],
    ["LiveDistHost", "db-1.example", "db-1.example"],
    ["LiveDistPort", "65535", 65_535],
    ["LiveDistLogKeepHours", 0, 0],
    ["LiveDistLogBytesMax", "0", 0],
    ["LiveDistDeltaFixedTopicsInSlice", ",t1,t2,", ["t1", "t2"]],
    ["LiveDistDeltaFixedTopicsInSlice", "t1,t2,", ["t1", "t2"]],
    ["LiveDistDeltaFixedTopicsInSlice", "t1, t2", ["t1", "t2"]],
    ["LiveDistSiteId", "paris.2", "paris.2"],
  ])("%s takes %j", (key, value, expected) => {
    const config: Record<string, unknown> = { ...readConfig({ [key]: value }, {}) };
    expect(config[memberOf(key as (typeof configKeyNames)[number])]).toEqual(expected);
  });

  test.each<[string, string | number | boolean]>([
    ["LiveDistStartDeltaServer", 1],
    ["LiveDistApplicationSuffix", "a/b"],
    ["LiveDistApplicationSuffix", ""],
    ["LiveDistApplicationSuffix", "é"],
    ["LiveDistTablesPrefix", "x; drop table y"],
    ["LiveDistTablesPrefix", "a\n"],
    ["LiveDistHost", "a:80"],
    ["LiveDistHost", "http://a"],
    ["LiveDistHost", ""],
    ["LiveDistPort", -1],
    ["LiveDistPort", 80.5],
    ["LiveDistPort", NaN],
    ["LiveDistPort", "0x50"],
    ["LiveDistPort", true],
    ["LiveDistPollMs", 0],
    ["LiveDistLogBytesMax", 2 ** 53],
    ["LiveDistLogBytesMax", 1e21],
    ["LiveDistLogInMemoryBytesMax", 0],
    ["LiveDistConnectionString", "a\0b"],
    ["LiveDistDeltaFixedTopicsInSlice", "t1,,t2"],
    ["LiveDistDeltaFixedTopicsInSlice", ","],
    ["LiveDistDeltaFixedTopicsInSlice", "t1,t1"],
    ["LiveDistDeltaFixedTopicsInSlice", "a b"],
    ["LiveDistDeltaFixedTopicsInSlice", "TimeWindow1"],
    ["LiveDistDeltaUnusedTopicsLifeInMinutes", 0],
    ["LiveDistFatherServers", "ftp://a"],
    ["LiveDistFatherServers", "http://"],
    ["LiveDistSiteId", "a b"],
    ["LiveDistSiteId", "x".repeat(65)],
    ["LiveDistSons", "a,a=http://a"],
    ["LiveDistSons", "a="],
    ["LiveDistSons", "=http://a"],
    ["LiveDistSons", "a=http://a|"],
    ["LiveDistSons", "a=http://a|b"],
    ["LiveDistSons", Array.from({ length: 65 }, (_, index) => `s${index}`).join()],
  ])("%s refuses %j", (key, value) => {
    expect(messageOf(() => readConfig({ [key]: value }, {}))).toMatch(
      new RegExp(`^${key} .* \\(configuration object\\) is not accepted; expected is `),
    );
  });
});

describe("names that are no keys", () => {
  test.each([
    ["LiveDistPrt", "; did you mean LiveDistPort?"],
    ["LiveDistLogBytes", "; did you mean LiveDistLogBytesMax?"],
    ["livedistport", "; did you mean LiveDistPort?"],
    ["LiveDistFoo", ""],
    ["LiveDist", ""],
    [`LiveDist${"x".repeat(60)}`, ""],
  ])("%s is reported", (name, advice) => {
    const sentence = (place: string) => `${JSON.stringify(name)} (${place}) is not a key of LiveDist${advice}`;
    expect(readText(webConfig([add(name, "1")]), { [name]: "1" }).warnings).toEqual([
      sentence("web.config:3"),
      sentence("environment"),
    ]);
    expect(readConfig({ [name]: "1" }, {}).warnings).toEqual([sentence("configuration object")]);
  });
});

test("the servers of a father are addresses, with commas between", () => {
  const father = { LiveDistFatherServers: "http://a:1,https://b/c", LiveDistFatherTopicsSlice: "T1" };
  expect(readConfig({ LiveDistSiteId: "a", ...father }, {}).fatherServers).toEqual(["http://a:1", "https://b/c"]);
});

describe("what is not served yet", () => {
  test("is reported where it is asked for", () => {
    expect(readConfig({ LiveDistUseRegistration: true }, {}).notYetServed).toEqual(["LiveDistUseRegistration"]);
    const proxy = {
      LiveDistSiteName: "paris",
      LiveDistMotherServers: "http://a",
      LiveDistClientId: "paris",
      LiveDistDeltaUseTopicsSlice: "yes",
      LiveDistDeltaFixedTopicsInSlice: "t1",
      LiveDistDeltaUnusedTopicsLifeInMinutes: 5,
    };
    expect(readConfig(proxy, {}).notYetServed).toEqual([]);
    const site = {
      LiveDistSiteId: "a",
      LiveDistFatherServers: "http://a",
      LiveDistFatherTopicsSlice: "T1",
      LiveDistSons: "b",
    };
    expect(readConfig(site, {}).notYetServed).toEqual([]);
  });

  test("is not reported where it is given as it is by default", () => {
    const given = { LiveDistUseRegistration: "no", LiveDistSiteName: "center", LiveDistSons: "" };
    expect(readConfig(given, {}).notYetServed).toEqual([]);
  });
});

describe("keys that contradict each other", () => {
  test.each<[ConfigObject, string]>([
    [{ LiveDistStartDeltaServer: "no", LiveDistSiteName: "paris" }, 'LiveDistStartDeltaServer "no" (configuration object): a proxy keeps its log and its registrations in memory, where both servers need them; start both'], // prettier-ignore
    [{ LiveDistNatsServers: "nats://a:4222", LiveDistSiteId: "a" }, 'LiveDistNatsServers (hidden) (configuration object): the servers of a site of a tree read the log in its database; leave the key out'], // prettier-ignore
    [{ LiveDistNatsServers: "nats://a:4222", LiveDistSiteName: "paris", LiveDistClientId: "p", LiveDistMotherServers: "http://a" }, 'LiveDistNatsServers (hidden) (configuration object): a proxy has its deltas from its mother, and no log in a database; leave the key out'], // prettier-ignore
    [{ LiveDistStartCacheServer: false, LiveDistSiteId: "a" }, 'LiveDistStartCacheServer "false" (configuration object): the neighbours of a site of a tree ask the server that leads for everything; start both'], // prettier-ignore
    [{ LiveDistStartDeltaServer: "no", LiveDistStartCacheServer: "no" }, 'LiveDistStartDeltaServer "no" (configuration object): with both servers off there is nothing to start'], // prettier-ignore
    [{ LiveDistDeltaUseTopicsSlice: "yes" }, 'LiveDistDeltaUseTopicsSlice "yes" (configuration object) contradicts LiveDistSiteName "center" (default): only a proxy receives by a topics-slice from its mother (guide §8.3)'], // prettier-ignore
    [{ LiveDistMotherServers: "http://u:p@a" }, 'LiveDistMotherServers (hidden) (configuration object) contradicts LiveDistSiteName "center" (default): only a proxy has a mother'], // prettier-ignore
    [{ LiveDistSiteName: "paris", LiveDistFatherServers: "http://a" }, 'LiveDistFatherServers "http://a" (configuration object) contradicts LiveDistSiteName "paris" (configuration object): a proxy has neither father nor sons, only a mother'], // prettier-ignore
    [{ LiveDistSiteName: "paris", LiveDistSons: "a" }, 'LiveDistSons "a" (configuration object) contradicts LiveDistSiteName "paris" (configuration object): a proxy has neither father nor sons, only a mother'], // prettier-ignore
    [{ LiveDistFatherServers: "http://a" }, 'LiveDistFatherServers "http://a" (configuration object): a site of a tree needs a name, LiveDistSiteId'], // prettier-ignore
    [{ LiveDistSons: "a" }, 'LiveDistSons "a" (configuration object): a site of a tree needs a name, LiveDistSiteId'], // prettier-ignore
    [{ LiveDistSiteId: "a", LiveDistSons: "b,a=http://a" }, 'LiveDistSons "b,a=http://a" (configuration object): the site itself, LiveDistSiteId "a" (configuration object), cannot be among its sons'], // prettier-ignore
    [{ LiveDistSiteId: "a", LiveDistFatherServers: "http://b" }, 'LiveDistFatherServers "http://b" (configuration object): name what this site takes from its father, LiveDistFatherTopicsSlice'], // prettier-ignore
    [{ LiveDistSiteId: "a", LiveDistFatherTopicsSlice: "T1" }, 'LiveDistFatherTopicsSlice "T1" (configuration object): a site without LiveDistFatherServers takes nothing'], // prettier-ignore
    [{ LiveDistSiteId: "a", LiveDistFatherServers: "http://b", LiveDistFatherTopicsSlice: "T1+" }, 'LiveDistFatherTopicsSlice "T1+" (configuration object): topics-slice, line 1, column 4: expected "(" or a topic here, but the topics-slice ends'], // prettier-ignore
  ])("%j", (source, message) => {
    expect(messageOf(() => readConfig(source, {}))).toBe(message);
  });
});

describe("the connection string", () => {
  const secret = "s3cr3t";
  const key = "LiveDistConnectionString";
  const value = `Server=a;Password=${secret}`;
  test.each<[string, () => unknown]>([
    ["twice", () => readText(webConfig([add(key, value), add(key, value)]))],
    ["not closed", () => readText(webConfig([`<add key="${key}" value="${value}">`]))],
    ["with quotes in quotes", () => readText(webConfig([add(key, `"${value}" "${value}"`)]))],
    ["as text", () => readText(webConfig([`<add key="${key}">${value}</add>`]))],
    ["as the key", () => readText(webConfig([`<add key="${key}=${value}"/>`]))],
    ["with a control character", () => readConfig({ [key]: `${value}\u0001` }, {})],
    ["in the environment", () => readConfig({}, { [key]: `${value}\u0001` })],
    ["for another key", () => readConfig({ LiveDistPort: value }, {})],
    ["in place of the path", () => readConfig(value, {})],
  ])("stays out of messages: %s", (_, call) => {
    const message = messageOf(call);
    expect(message).not.toBe("no error");
    expect(message).not.toContain(secret);
  });

  test("stays out of warnings", () => {
    const warnings = readConfig({ LiveDistConectionString: value, [`LiveDist${value}`]: 1 }, {}).warnings;
    expect(warnings).toHaveLength(2);
    expect(warnings.join()).not.toContain(secret);
  });
});

describe("web.config.example", () => {
  const text = readFileSync(EXAMPLE, "utf8");

  test("is accepted without a word and holds the defaults", () => {
    const { connectionString, ...example } = readConfig(EXAMPLE, {});
    expect(connectionString).toBe(configKeys.LiveDistConnectionString.example);
    expect({ ...example, connectionString: undefined }).toEqual(readConfig({}, {}));
  });

  test.each(configKeyNames)("shows %s with its default under the sentence of the table", (name) => {
    const key: ConfigKey = configKeys[name];
    const source = key.section.startsWith("guide") ? [key.section] : [];
    const notes = [...source, ...(key.isServed ? [] : ["not served yet"])].join("; ");
    const comment = `<!-- ${key.doc}${notes === "" ? "" : ` (${notes})`} -->`;
    const element = add(name, key.example ?? defaultText(name));
    expect(text.replace(/\s+/g, " ")).toContain(`${comment} ${element}`);
  });
});

describe("any input", () => {
  const value = fc.oneof(
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.constantFrom("yes", "no", "0", "1", "center", "t1,t2", "a=http://b", "http://a,", "T1", ""),
  );
  const name = fc.oneof(
    fc.constantFrom<string>(...configKeyNames),
    value.map((text) => `LiveDist${text}`),
    value,
  );
  const entries = fc.array(fc.tuple(name, value), { maxLength: 8 });

  function expectConfigOrError(read: () => Config): void {
    try {
      expect(read().port).toBeTypeOf("number");
    } catch (error) {
      expect(codeOf(error)).toBe("Config");
    }
  }

  test("throws nothing but a LiveDistError: objects and environments", () => {
    fc.assert(
      fc.property(entries, entries, (source, environment) =>
        expectConfigOrError(() => readConfig(Object.fromEntries(source), Object.fromEntries(environment))),
      ),
      { numRuns: 1_000 },
    );
  });

  test("throws nothing but a LiveDistError: files", () => {
    const file = entries.map((list) => webConfig(list.map(([key, text]) => add(key, text))));
    const damaged = fc
      .tuple(fc.oneof(file, fc.constant(readFileSync(EXAMPLE, "utf8"))), fc.nat(), fc.nat(20), value)
      .map(([text, at, count, other]) => {
        const start = at % text.length;
        return text.slice(0, start) + other + text.slice(start + count);
      });
    const text = fc.oneof(file, damaged, fc.string({ unit: "binary" }));
    fc.assert(
      fc.property(text, (content) => expectConfigOrError(() => readText(content))),
      { numRuns: 1_000 },
    );
  });

  test("throws nothing but a LiveDistError: bytes", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => expectConfigOrError(() => readText(bytes))));
  });
});

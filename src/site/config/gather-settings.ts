import { LiveDistError } from "../../base/errors.js";
import { CONFIG_KEYS_MAX } from "../../base/limits.js";
import { type ConfigKeyName, configKeyNames, isConfigKeyName } from "./config-keys.js";
import { nearestName } from "./nearest-name.js";
import { readAppSettings, type ReadFile } from "./read-app-settings.js";
import type { Setting } from "./setting.js";
import { shown } from "./shown.js";

/** The keys of a configuration as they may stand in a program; undefined is as if the key were not there. */
export type ConfigObject = Readonly<Record<string, string | number | boolean | undefined>>;

/** Environment variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where values come from beside the source and the environment. */
export interface OtherSources {
  /** Default: the disk. */
  readonly readFile?: ReadFile;
  /** What the application says of a key (guide §5.5); undefined where it leaves it to the source. */
  readonly param?: (key: ConfigKeyName) => string | number | boolean | undefined;
}

/** What the sources say, before it is known whether it makes sense. */
export interface GatheredSettings {
  readonly settings: ReadonlyMap<ConfigKeyName, Setting>;
  /** Sentences about names that look like keys and are none. */
  readonly warnings: readonly string[];
}

/**
 * Gathers the keys from a file or an object, from the application, which wins over it, and from the environment, which wins over
 * both. Throws Config where the source cannot
 * be read, and Limit where it has more than CONFIG_KEYS_MAX keys.
 */
export function gatherSettings(
  source: string | ConfigObject,
  environment: Environment,
  { readFile, param }: OtherSources = {},
): GatheredSettings {
  const fromSource = typeof source === "string" ? readAppSettings(source, readFile) : readObject(source);
  if (fromSource.length > CONFIG_KEYS_MAX) {
    throw new LiveDistError("Limit", `${fromSource.length} keys in the configuration are above CONFIG_KEYS_MAX`);
  }
  const settings = new Map<ConfigKeyName, Setting>();
  const warnings: string[] = [];
  for (const setting of [...fromSource, ...readParams(param), ...readEnvironment(environment)]) {
    const { name } = setting;
    if (isConfigKeyName(name)) settings.set(name, setting);
    else if (isMeantForUs(name)) warnings.push(tellUnknown(setting));
  }
  return { settings, warnings };
}

function readObject(source: unknown): Setting[] {
  if (typeof source !== "object" || source === null) {
    throw new LiveDistError("Config", "the configuration is neither the path of a file nor an object with keys");
  }
  return Object.entries(source).flatMap(([name, value]: [string, unknown]) =>
    settingOf(name, value, "configuration object"),
  );
}

function readParams(param: OtherSources["param"]): Setting[] {
  if (!param) return [];
  return configKeyNames.flatMap((name) => settingOf(name, param(name), "application"));
}

/** Makes a setting of a value in a program; of undefined, none. */
function settingOf(name: string, value: unknown, place: string): Setting[] {
  if (value === undefined) return [];
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return [{ name, text: String(value), place }];
  }
  throw new LiveDistError("Config", `${shown(name)} (${place}) is no string, number or boolean`);
}

function readEnvironment(environment: Environment): Setting[] {
  return Object.entries(environment)
    .filter(([name]) => isMeantForUs(name))
    .flatMap(([name, text]) => (text === undefined ? [] : [{ name, text, place: "environment" }]));
}

const lowerCaseNames = new Set(configKeyNames.map((name) => name.toLowerCase()));

/** A key in other letters, as livedistport, is none, but whoever wrote it wants to hear of it. */
function isMeantForUs(name: string): boolean {
  return name.startsWith("LiveDist") || lowerCaseNames.has(name.toLowerCase());
}

function tellUnknown({ name, place }: Setting): string {
  const nearest = nearestName(name, configKeyNames);
  const advice = nearest === undefined ? "" : `; did you mean ${nearest}?`;
  return `${shown(name)} (${place}) is not a key of LiveDist${advice}`;
}

import { LiveDistError } from "../base/errors.js";
import { checkCombinations } from "./config/check-combinations.js";
import { type ConfigKey, type ConfigKeyName, configKeyNames, configKeys, defaultText } from "./config/config-keys.js";
import { type ConfigValues, memberOf } from "./config/config-values.js";
import { type ConfigObject, type Environment, gatherSettings, type OtherSources } from "./config/gather-settings.js";
import type { Setting } from "./config/setting.js";
import { shown } from "./config/shown.js";

/**
 * A checked configuration (guide §7, §8): a member for each key, named as the key without `LiveDist` (`tablesPrefix`,
 * `logKeepHours`, …; `configKeys` has them all), with its default where the key was not given. Frozen.
 */
export interface Config extends ConfigValues {
  /** Sentences for the operator about names that look like keys and are none. */
  readonly warnings: readonly string[];
  /** The keys that ask, by a value other than the default, for what this version does not do yet. */
  readonly notYetServed: readonly ConfigKeyName[];
}

/**
 * Reads the configuration from a web.config file (by its path) or from an object with the same keys; a variable of the
 * environment with the name of a key wins over both, and over what the application says in between. An empty value is the default of a key that has none or an empty one.
 *
 * Throws Config where the file cannot be read or is malformed (with its name and line), a value is not accepted (with key,
 * value, what is accepted and where it came from) or keys contradict each other; Limit where the source is too large. No
 * message holds the connection string.
 */
export function readConfig(source: string | ConfigObject, environment: Environment, other: OtherSources = {}): Config {
  const { settings, warnings } = gatherSettings(source, environment, other);
  const values: Record<string, unknown> = {};
  const notYetServed: ConfigKeyName[] = [];
  for (const name of configKeyNames) {
    const key: ConfigKey = configKeys[name];
    const value = readValue(name, key, settings.get(name));
    values[memberOf(name)] = value;
    if (!key.isServed && value !== key.default) notYetServed.push(name);
  }
  // The loop has made a member of each key by the key's own type.
  const checked = values as ConfigValues;
  checkCombinations(checked, (name) => tell(name, settings.get(name)));
  return Object.freeze({
    ...checked,
    warnings: Object.freeze(warnings),
    notYetServed: Object.freeze(notYetServed),
  });
}

function readValue(name: ConfigKeyName, key: ConfigKey, setting: Setting | undefined): unknown {
  if (!setting || (setting.text === "" && defaultText(name) === "")) return key.default;
  const value = key.type.parse(setting.text);
  if (value === undefined) {
    throw new LiveDistError("Config", `${tell(name, setting)} is not accepted; expected is ${key.type.accepts}`);
  }
  return value;
}

/** Names a key with its value and the place it came from. */
function tell(name: ConfigKeyName, setting: Setting | undefined): string {
  const key: ConfigKey = configKeys[name];
  if (!setting) return `${name} ${shown(defaultText(name))} (default)`;
  return `${name} ${key.isSecret ? "(hidden)" : shown(setting.text)} (${setting.place})`;
}

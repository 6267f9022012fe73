import type { ConfigKeyName, configKeys } from "./config-keys.js";
import type { KeyType } from "./key-type.js";

/** The member of a configuration that holds a key's value: LiveDistTablesPrefix is `tablesPrefix`. */
export type MemberOf<K extends ConfigKeyName> = K extends `LiveDist${infer Rest}` ? Uncapitalize<Rest> : never;

type ValueOf<Key> = Key extends { type: KeyType<infer T>; default: infer D } ? T | Extract<D, undefined> : never;

/** The values of all keys, by member. */
export type ConfigValues = { readonly [K in ConfigKeyName as MemberOf<K>]: ValueOf<(typeof configKeys)[K]> };

/** Gives the name of the member that holds a key's value. */
export function memberOf<K extends ConfigKeyName>(key: K): MemberOf<K> {
  const rest = key.slice("LiveDist".length);
  return (rest.charAt(0).toLowerCase() + rest.slice(1)) as MemberOf<K>;
}

import { serverAddress } from "./server-address.js";
import { configError } from "./sqlserver-errors.js";

/** What a connection string of SQL Server says, as `mssql` wants to know it. */
export interface ConnectionSettings {
  server: string;
  port?: number;
  instanceName?: string;
  database?: string;
  user?: string;
  domain?: string;
  password?: string;
  encrypt?: boolean | "strict";
  trustServerCertificate?: boolean;
  certificateName?: string;
  connectMsMax?: number;
  requestMsMax?: number;
  applicationName?: string;
  workstationId?: string;
  language?: string;
  packetBytes?: number;
  isMultiSubnet?: boolean;
  connectionsMax?: number;
}

type Apply = (settings: ConnectionSettings, value: string, name: string) => void;

/** Each key with the other names that ADO.NET knows it by. */
const keys: readonly { readonly names: readonly string[]; readonly apply: Apply }[] = [
  {
    names: ["data source", "server", "address", "addr", "network address"],
    apply: (settings, value) => void Object.assign(settings, serverAddress(value)),
  },
  { names: ["initial catalog", "database"], apply: (settings, value) => void (settings.database = value) },
  { names: ["user id", "uid", "user"], apply: setUser },
  { names: ["password", "pwd"], apply: (settings, value) => void (settings.password = value) },
  { names: ["encrypt"], apply: setEncrypt },
  {
    names: ["trustservercertificate", "trust server certificate"],
    apply: (settings, value, name) => void (settings.trustServerCertificate = yesNo(value, name)),
  },
  {
    names: ["hostnameincertificate", "host name in certificate"],
    apply: (settings, value) => void (settings.certificateName = value),
  },
  {
    names: ["connect timeout", "connection timeout", "timeout"],
    apply: (settings, value, name) => void (settings.connectMsMax = 1000 * count(value, name)),
  },
  {
    names: ["command timeout"],
    apply: (settings, value, name) => void (settings.requestMsMax = 1000 * count(value, name)),
  },
  { names: ["application name", "app"], apply: (settings, value) => void (settings.applicationName = value) },
  { names: ["workstation id", "wsid"], apply: (settings, value) => void (settings.workstationId = value) },
  { names: ["current language", "language"], apply: (settings, value) => void (settings.language = value) },
  { names: ["packet size"], apply: (settings, value, name) => void (settings.packetBytes = count(value, name)) },
  {
    names: ["multisubnetfailover", "multi subnet failover"],
    apply: (settings, value, name) => void (settings.isMultiSubnet = yesNo(value, name)),
  },
  { names: ["max pool size"], apply: setConnectionsMax },
  { names: ["integrated security", "trusted_connection"], apply: refuseWindowsLogin },
  { names: ["authentication"], apply: expectOneOf("SqlPassword", "Sql Password") },
  { names: ["applicationintent", "application intent"], apply: expectOneOf("ReadWrite") },
  { names: ["network library", "network", "net"], apply: expectOneOf("dbmssocn") },
  // What ADO.NET does with its own pools and sessions has no meaning here, nor would the site run differently without.
  ...[
    ["persist security info", "persistsecurityinfo"],
    ["multipleactiveresultsets", "multiple active result sets"],
    ["min pool size"],
    ["pooling"],
    ["enlist"],
    ["connectretrycount", "connect retry count"],
    ["connectretryinterval", "connect retry interval"],
    ["load balance timeout", "connection lifetime"],
    ["poolblockingperiod", "pool blocking period"],
    ["transparentnetworkipresolution", "transparent network ip resolution"],
    ["type system version"],
    ["asynchronous processing", "async"],
  ].map((names) => ({ names, apply: () => undefined })),
];

const byName = new Map(keys.flatMap(({ names, apply }) => names.map((name) => [name, apply] as const)));

/** Applies one key of a connection string. Throws Config where it is unknown, or its value is not one of its own. */
export function applyKey(settings: ConnectionSettings, key: string, name: string, value: string): void {
  const apply = byName.get(key);
  if (apply === undefined) throw configError(`the connection string has an unknown key, ${JSON.stringify(name)}`);
  apply(settings, value, name);
}

function setUser(settings: ConnectionSettings, value: string): void {
  const [, domain, user] = /^([^\\]+)\\(.+)$/.exec(value) ?? [];
  settings.user = user ?? value;
  if (domain !== undefined) settings.domain = domain;
}

function setEncrypt(settings: ConnectionSettings, value: string, name: string): void {
  const word = value.toLowerCase();
  if (word === "strict") settings.encrypt = "strict";
  else if (word === "mandatory" || word === "optional") settings.encrypt = word === "mandatory";
  else settings.encrypt = yesNo(value, name);
}

function setConnectionsMax(settings: ConnectionSettings, value: string, name: string): void {
  settings.connectionsMax = count(value, name);
  if (settings.connectionsMax < 1) throw configError(`${name} has to be at least 1`);
}

function refuseWindowsLogin(_settings: ConnectionSettings, value: string, name: string): void {
  if (value.toLowerCase() !== "sspi" && !yesNo(value, name)) return;
  throw configError(`${name} is not served: give User Id and Password (User Id=DOMAIN\\user for a Windows account)`);
}

function expectOneOf(...values: readonly string[]): Apply {
  return (_settings, value, name) => {
    if (values.some((one) => one.toLowerCase() === value.toLowerCase())) return;
    throw configError(`${name} can only be ${values[0]}, not ${JSON.stringify(value)}`);
  };
}

function yesNo(value: string, name: string): boolean {
  const word = value.toLowerCase();
  if (word === "true" || word === "yes") return true;
  if (word === "false" || word === "no") return false;
  throw configError(`${name} has to be true or false, not ${JSON.stringify(value)}`);
}

function count(value: string, name: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw configError(`${name} has to be a whole number, not ${JSON.stringify(value)}`);
}

import { adoPairs } from "./ado-pairs.js";
import { applyKey, type ConnectionSettings } from "./connection-keys.js";
import { configError } from "./sqlserver-errors.js";

/**
 * Reads a connection string of SQL Server (guide §7.1, LiveDistConnectionString): in ADO form, `Server=…;Database=…;User
 * Id=…;Password=…`, or as `mssql://user:password@host:port/database?encrypt=false`, whose query takes the same keys.
 * Throws Config where it is malformed, has an unknown key or names no database; no message repeats a password.
 */
export function connectionSettings(text: string): ConnectionSettings {
  const settings: ConnectionSettings = { server: "" };
  if (/^(mssql|sqlserver):/i.test(text)) readUrl(settings, text);
  else for (const { key, name, value } of adoPairs(text)) applyKey(settings, key, name, value);
  if (settings.server === "") throw configError("the connection string names no Server");
  if (!settings.database) throw configError("the connection string names no Database");
  if (!settings.user) throw configError("the connection string names no User Id");
  return settings;
}

/** `mssql://host/instance/database` names an instance too. */
function readUrl(settings: ConnectionSettings, text: string): void {
  const url = parse(text);
  const path = url.pathname.split("/").slice(1).filter(Boolean).map(decode);
  if (path.length > 2) throw configError("the path of the connection string has to be /database or /instance/database");
  const instance = path.length === 2 ? `\\${path[0]}` : "";
  const port = url.port === "" ? "" : `,${url.port}`;
  applyKey(settings, "server", "Server", url.hostname + instance + port);
  if (path.length > 0) settings.database = path.at(-1)!;
  if (url.username !== "") applyKey(settings, "user id", "User Id", decode(url.username));
  if (url.password !== "") settings.password = decode(url.password);
  for (const [name, value] of url.searchParams) applyKey(settings, name.toLowerCase(), name, value);
}

function parse(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw configError(
      "the connection string is not a valid URL; characters such as @ / : in a password are written as %40 …",
    );
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw configError("the connection string has a % that is not followed by two hexadecimal digits");
  }
}

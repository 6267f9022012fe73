import type mssql from "mssql";
import type { ConnectionSettings } from "./connection-keys.js";

const CONNECT_MS_MAX = 15_000;
/** Milliseconds that one statement may take; the scan of a large table takes long, waiting for locks has a limit of its own. */
const REQUEST_MS_MAX = 600_000;

/** Makes what mssql configures a pool of connections by. The isolation level is that of statements outside of transactions. */
export function poolConfig(
  settings: ConnectionSettings,
  connectionsMax: number,
  isolationLevel?: mssql.IIsolationLevel,
): mssql.config {
  const { connectMsMax = CONNECT_MS_MAX, requestMsMax = REQUEST_MS_MAX } = settings;
  return {
    server: settings.server,
    ...given("port", settings.port),
    ...given("database", settings.database),
    ...given("user", settings.user),
    ...given("password", settings.password),
    ...given("domain", settings.domain),
    connectionTimeout: connectMsMax,
    requestTimeout: requestMsMax,
    pool: { min: 0, max: connectionsMax, acquireTimeoutMillis: 2 * connectMsMax },
    // A connection that the server has closed is noticed without a question to it.
    validateConnection: "socket",
    options: {
      // tedious takes "strict" too; the types of mssql lag behind.
      encrypt: (settings.encrypt ?? true) as boolean,
      trustServerCertificate: settings.trustServerCertificate ?? false,
      enableArithAbort: true,
      lowerCaseGuids: true,
      appName: settings.applicationName ?? "LiveDist",
      ...given("connectionIsolationLevel", isolationLevel),
      ...given("instanceName", settings.instanceName),
      ...given("serverName", settings.certificateName),
      ...given("workstationId", settings.workstationId),
      ...given("language", settings.language),
      ...given("packetSize", settings.packetBytes),
      ...given("multiSubnetFailover", settings.isMultiSubnet),
    },
  };
}

function given<N extends string, T>(name: N, value: T | undefined): { [name in N]?: T } {
  return (value === undefined ? {} : { [name]: value }) as { [name in N]?: T };
}

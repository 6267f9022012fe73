import { configError } from "./sqlserver-errors.js";

const PORT_MAX = 65_535;
const ownMachine = new Set([".", "(local)", ""]);

/**
 * Reads the value of Server or Data Source: `host`, `host,port`, `host\instance`, `.` for this machine, `tcp:` in front of
 * it. A port makes the name of an instance unnecessary, and wins over it. Throws Config.
 */
export function serverAddress(value: string): { server: string; port?: number; instanceName?: string } {
  const text = value.replace(/^tcp:/i, "").trim();
  if (/^(np|lpc|admin):|^\\\\|^\(localdb\)/i.test(text))
    throw configError("only TCP connections to a server are served");
  const [, host, instance, port] = /^(\[[^\]]*\]|[^\\,]*)(?:\\([^\\,]*))?(?:,(.*))?$/s.exec(text) ?? [];
  if (host === undefined) throw configError('Server has to be of the form host, "host,port" or host\\instance');
  const name = host.trim();
  const server = ownMachine.has(name.toLowerCase()) ? "localhost" : name.replace(/^\[(.*)\]$/, "$1");
  if (port !== undefined) return { server, port: checkPort(port.trim()) };
  const instanceName = instance?.trim() ?? "";
  // The default instance answers on the default port; no need to ask the SQL Server Browser.
  if (instanceName === "" || instanceName.toLowerCase() === "mssqlserver") return { server };
  return { server, instanceName };
}

function checkPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= PORT_MAX) return port;
  throw configError(`the port of Server has to be a number from 1 to ${PORT_MAX}, not ${JSON.stringify(text)}`);
}

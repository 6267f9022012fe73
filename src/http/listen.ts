import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { LiveDistError } from "../base/errors.js";

const PORT_MAX = 65_535;

/** Begins to listen and gives the URL. Rejects with Config, naming the key to be corrected, where the machine refuses. */
export async function listen(server: Server, host: string, port: number, scheme: "http" | "https"): Promise<string> {
  if (!Number.isInteger(port) || port < 0 || port > PORT_MAX) {
    throw new LiveDistError("Config", `LiveDistPort has to be a whole number from 0 to ${PORT_MAX}, not ${port}`);
  }
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    throw explain(error, host, port);
  }
  const { port: listeningPort } = server.address() as AddressInfo;
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${listeningPort}`;
}

function explain(error: unknown, host: string, port: number): LiveDistError {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case "EADDRINUSE":
      return config(`port ${port} of ${host} is in use: stop who uses it, or set LiveDistPort to another one (0: any)`);
    case "EACCES":
      return config(`this user may not listen on port ${port}: set LiveDistPort to one above 1023`);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return config(`this machine has no address ${host}: set LiveDistHost to one that it has, for instance 127.0.0.1`);
    default:
      return config(`cannot listen on ${host}, port ${port} (LiveDistHost, LiveDistPort): ${message}`);
  }

  function config(sentence: string): LiveDistError {
    return new LiveDistError("Config", sentence, { cause: error });
  }
}

import type { SitePlan } from "./scenario.js";

/** Gives the name of one of the servers of a site: the first is called as the site is. */
export function serverName(site: string, number: number): string {
  return number === 0 ? site : `${site}.${number}`;
}

/** Gives the site that a server is one of. */
export function siteOfServer(server: string): string {
  return server.split(".")[0]!;
}

/** Gives the roles of the servers that a site begins with. */
export function rolesOf({ servers = "live" }: Pick<SitePlan, "servers">): readonly string[] {
  return servers.split(",");
}

/** Gives the servers that a site begins with: those that its neighbours and edges are told of. */
export function firstServers(plan: Pick<SitePlan, "name" | "servers">): readonly string[] {
  return rolesOf(plan).map((_, number) => serverName(plan.name, number));
}

export function urlOf(server: string): string {
  return `http://${server.toLowerCase()}.test`;
}

/** Gives the name of the server, or of the proxy, with a URL. */
export function serverAt(url: string): string {
  return new URL(url).hostname.replace(".test", "").toUpperCase();
}

/** The names of LiveDist's tables with their prefix in front (guide §7.2). */
export interface SqliteTables {
  readonly log: string;
  readonly clients: string;
  readonly schemas: string;
  readonly links: string;
  readonly servers: string;
  readonly master: string;
  readonly changes: string;
  readonly state: string;
}

export function sqliteTables(prefix: string): SqliteTables {
  return {
    log: `${prefix}LiveDistLog`,
    clients: `${prefix}LiveDistClients`,
    schemas: `${prefix}LiveDistSchemas`,
    links: `${prefix}LiveDistLinks`,
    servers: `${prefix}LiveDistServers`,
    master: `${prefix}LiveDistMaster`,
    changes: `${prefix}LiveDistChanges`,
    state: `${prefix}LiveDistState`,
  };
}

/** The names of LiveDist's tables with their prefix in front (guide §7.2). */
export interface SqlServerTables {
  readonly log: string;
  readonly lease: string;
  readonly clients: string;
  readonly schemas: string;
  readonly links: string;
  readonly servers: string;
  readonly master: string;
  readonly changes: string;
  readonly state: string;
}

export function sqlServerTables(prefix: string): SqlServerTables {
  return {
    log: `${prefix}LiveDistLog`,
    lease: `${prefix}LiveDistLease`,
    clients: `${prefix}LiveDistClients`,
    schemas: `${prefix}LiveDistSchemas`,
    links: `${prefix}LiveDistLinks`,
    servers: `${prefix}LiveDistServers`,
    master: `${prefix}LiveDistMaster`,
    changes: `${prefix}LiveDistChanges`,
    state: `${prefix}LiveDistState`,
  };
}

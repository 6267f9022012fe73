/** The names of LiveDist's tables and functions, with schema and prefix in front (guide §7.2). */
export interface PostgresqlTables {
  readonly log: string;
  readonly appended: string;
  readonly lease: string;
  readonly clients: string;
  readonly schemas: string;
  readonly links: string;
  readonly servers: string;
  readonly master: string;
  readonly changes: string;
  readonly state: string;
  readonly unnumbered: string;
  readonly numberLog: string;
  readonly numberAndRead: string;
  readonly numberRows: string;
}

/** `schema` is where the tables stand: an application's own connection may look elsewhere first. */
export function postgresqlTables(schema: string, prefix: string): PostgresqlTables {
  const name = (rest: string): string => `"${schema.replaceAll('"', '""')}".${prefix}LiveDist${rest}`;
  return {
    log: name("Log"),
    appended: name("Appended"),
    lease: name("Lease"),
    clients: name("Clients"),
    schemas: name("Schemas"),
    links: name("Links"),
    servers: name("Servers"),
    master: name("Master"),
    changes: name("Changes"),
    state: name("State"),
    unnumbered: name("Unnumbered"),
    numberLog: name("NumberLog"),
    numberAndRead: name("NumberAndRead"),
    numberRows: name("NumberRows"),
  };
}

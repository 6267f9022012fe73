/** Writes the statements over LiveDistServers and LiveDistMaster as all the databases understand them. */
export function serverStatements({ servers, master }: { readonly servers: string; readonly master: string }) {
  return {
    /** Makes everyone else who shows himself wait. */
    lock: `UPDATE ${master} SET Token = Token WHERE Name = 'master'`,
    // PostgreSQL gives names that are not quoted in small letters.
    master: `SELECT Token AS token, ServerId AS id, ExpiresAt AS expires FROM ${master} WHERE Name = 'master'`,
    /** Parameters: token, id, when it ends. */
    lead: `UPDATE ${master} SET Token = ?, ServerId = ?, ExpiresAt = ? WHERE Name = 'master'`,
    /** Parameters: url, duty, kind, clients, sequence, what is agreed, time, id. */
    update: `UPDATE ${servers} SET Url = ?, Duty = ?, Kind = ?, Clients = ?, Sequence = ?, Agreed = ?, SeenAt = ? WHERE ServerId = ?`,
    /** Parameters: the same. */
    add: `INSERT INTO ${servers} (Url, Duty, Kind, Clients, Sequence, Agreed, SeenAt, ServerId) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    /** A server takes the place of one that ran at its address before. Parameters: the time before which rows go, url, id. */
    forget: `DELETE FROM ${servers} WHERE SeenAt < ? OR (Url = ? AND ServerId <> ?)`,
    /** Parameter: id. */
    remove: `DELETE FROM ${servers} WHERE ServerId = ?`,
    list: `SELECT ServerId AS id, Url AS url, Duty AS duty, Kind AS kind, Clients AS clients, Sequence AS sequence, Agreed AS agreed,
      SeenAt AS seen FROM ${servers} ORDER BY Url`,
  } as const;
}

export type ServerStatements = Readonly<Record<keyof ReturnType<typeof serverStatements>, string>>;

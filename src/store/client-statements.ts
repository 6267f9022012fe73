import type { SqlValue } from "./store.js";

/** How a database finds the row of a client. */
export interface ClientKey {
  readonly condition: string;
  readonly parameters: (clientId: string) => SqlValue[];
}

const plainKey: ClientKey = { condition: "ClientId = ?", parameters: (clientId) => [clientId] };

/** Writes the statements over LiveDistClients as all the databases understand them. */
export function clientStatements(clients: string, key = plainKey) {
  // PostgreSQL gives names that are not quoted in small letters.
  const select = `SELECT ClientId AS id, BitNumber AS bit, IsDisabled AS disabled FROM ${clients}`;
  return {
    /** Parameters: ClientId, BitNumber, 1 where it is disabled. */
    add: `INSERT INTO ${clients} (ClientId, BitNumber, IsDisabled) VALUES (?, ?, ?)`,
    /** Finds the row of a ClientId or, after it, of a BitNumber. Parameters: ClientId, BitNumber, ClientId. */
    findTaken: `${select} WHERE ClientId = ? OR BitNumber = ? ORDER BY CASE WHEN ClientId = ? THEN 0 ELSE 1 END`,
    list: `${select} ORDER BY BitNumber`,
    /** Parameters of this and the next two: `keyParameters`. */
    remove: `DELETE FROM ${clients} WHERE ${key.condition}`,
    disable: `UPDATE ${clients} SET IsDisabled = 1 WHERE ${key.condition}`,
    enable: `UPDATE ${clients} SET IsDisabled = 0 WHERE ${key.condition}`,
    keyParameters: key.parameters,
  } as const;
}

export type ClientStatements = ReturnType<typeof clientStatements>;

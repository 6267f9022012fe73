import { LiveDistError } from "../../base/errors.js";
import { SQLSERVER_PARAMETERS_MAX } from "../../base/limits.js";
import type { SqlValue } from "../store.js";
import { numberedMarkers } from "./numbered-markers.js";
import { toSqlServer, type SqlServerParameter } from "./sqlserver-values.js";

export interface StatementInput extends SqlServerParameter {
  readonly name: string;
}

/** A statement as SQL Server takes it. */
export interface Statement {
  readonly text: string;
  readonly inputs: readonly StatementInput[];
}

/**
 * Makes a statement of one with `?`. Throws Limit where it has more parameters than SQL Server takes, and Store where it has
 * another number of them than of markers.
 */
export function statement(sql: string, parameters: readonly SqlValue[] = []): Statement {
  const literals = parameters.map(literalOf);
  const inputs = parameters.flatMap((value, index) =>
    value === null || literals[index] !== undefined ? [] : [{ name: `p${index + 1}`, ...toSqlServer(value) }],
  );
  if (inputs.length > SQLSERVER_PARAMETERS_MAX) {
    const message = `a statement has ${inputs.length} parameters, more than SQLSERVER_PARAMETERS_MAX, ${SQLSERVER_PARAMETERS_MAX}`;
    throw new LiveDistError("Limit", message);
  }
  return { text: numberedMarkers(sql, literals), inputs };
}

/** Null would need the type of what it is compared with or assigned to; of no bytes, mssql makes a type that is none. */
function literalOf(value: SqlValue): string | undefined {
  if (value === null) return "NULL";
  return value instanceof Uint8Array && value.length === 0 ? "0x" : undefined;
}

/** Statements that a SET in front of them does not make invalid, as it would CREATE VIEW and the like. */
const mayFollow = /^\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH|MERGE|DECLARE)\b/i;

/** Limits how long a statement waits for a lock. The setting ends with the statement: it is run by sp_executesql. */
export function withLockTimeout({ text, inputs }: Statement, lockMsMax: number): Statement {
  return { text: mayFollow.test(text) ? `SET LOCK_TIMEOUT ${Math.floor(lockMsMax)}; ${text}` : text, inputs };
}

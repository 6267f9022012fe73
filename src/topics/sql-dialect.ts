import { POSTGRESQL_PARAMETERS_MAX, SQLITE_PARAMETERS_MAX, SQLSERVER_PARAMETERS_MAX } from "../base/limits.js";

export type Dialect = "sqlite" | "postgresql" | "sqlserver";

/** What differs between databases in the SQL of a topics-slice. */
export interface SqlDialect {
  /** Writes the marker of the parameter with this number, counted from 1. */
  readonly marker: (parameterNumber: number) => string;
  /** Whether a marker may stand several times for one parameter. */
  readonly isMarkerReusable: boolean;
  /** Writes where a text begins in Topics, counted from 1; 0 where it does not stand there. Compares ordinally. */
  readonly position: (marker: string) => string;
  readonly updateTime: string;
  /** Gives a time, in milliseconds since 1970-01-01 UTC, as the value that is compared with UpdateTime. */
  readonly time: (timeMs: number) => number | Date;
  readonly parametersMax: number;
  readonly parametersMaxName: string;
}

/** The first year of SQL Server's datetime. No entity is older than databases. */
const SQLSERVER_EARLIEST_MS = Date.UTC(1753, 0, 1);

export const sqlDialects: Readonly<Record<Dialect, SqlDialect>> = {
  sqlite: {
    marker: () => "?",
    isMarkerReusable: false,
    // LIKE would ignore the case of ASCII letters.
    position: (marker) => `instr("Topics", ${marker})`,
    updateTime: `"UpdateTime"`,
    time: (timeMs) => timeMs,
    parametersMax: SQLITE_PARAMETERS_MAX,
    parametersMaxName: "SQLITE_PARAMETERS_MAX",
  },
  postgresql: {
    marker: (parameterNumber) => `$${parameterNumber}`,
    isMarkerReusable: true,
    // strpos follows the column's collation, which may ignore case (or make strpos fail, before version 18).
    position: (marker) => `strpos("Topics" COLLATE "C", ${marker})`,
    updateTime: `"UpdateTime"`,
    time: (timeMs) => new Date(timeMs),
    parametersMax: POSTGRESQL_PARAMETERS_MAX,
    parametersMaxName: "POSTGRESQL_PARAMETERS_MAX",
  },
  sqlserver: {
    marker: (parameterNumber) => `@p${parameterNumber}`,
    isMarkerReusable: true,
    // COLLATE on the column would turn a varchar into another code page and lose characters; on the parameter, which drivers
    // send as nvarchar, it decides the comparison all the same.
    position: (marker) => `CHARINDEX(${marker} COLLATE Latin1_General_100_BIN2, [Topics])`,
    updateTime: "[UpdateTime]",
    time: (timeMs) => new Date(Math.max(timeMs, SQLSERVER_EARLIEST_MS)),
    parametersMax: SQLSERVER_PARAMETERS_MAX,
    parametersMaxName: "SQLSERVER_PARAMETERS_MAX",
  },
};

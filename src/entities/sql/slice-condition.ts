import type { SqlValue } from "../../store/store.js";
import type { SqlCondition } from "../../topics/where.js";
import type { SqlText } from "./entities-dialect.js";

/** Gives the value of a condition's parameter as it stands in columns, where times are milliseconds. */
export function conditionValue(value: SqlCondition["parameters"][number]): SqlValue {
  return value instanceof Date ? value.getTime() : value;
}

/**
 * Makes a condition whose markers have numbers one for a SqlSession: a numbered one, whose number `marker` captures, may
 * stand several times for one parameter, those of a session do not.
 */
export function unnumberedCondition({ sql, parameters }: SqlCondition, marker: RegExp): SqlText {
  const values: SqlValue[] = [];
  const text = sql.replaceAll(marker, (_, number: string) => {
    values.push(conditionValue(parameters[Number(number) - 1]!));
    return "?";
  });
  return { sql: text, parameters: values };
}

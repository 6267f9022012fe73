/** What a first-class delta-object does to its entity (guide §2.6.1, §2.5). The numbers stand on the wire. */
export const operNumbers = { CREATE: 1, PARTIAL: 2, FULL: 3, UPDATE: 4, REGISTER: 5, DELETE: 6 } as const;

export type Oper = keyof typeof operNumbers;

/** What a second-class delta does to a part. */
export type PartOper = "CREATE" | "UPDATE" | "DELETE";

const names: readonly (Oper | undefined)[] = [undefined, "CREATE", "PARTIAL", "FULL", "UPDATE", "REGISTER", "DELETE"];

/** Gives the name of a number from the wire, or undefined where there is none. */
export function operName(number: number): Oper | undefined {
  return names[number];
}

/** Tells whether a delta-object of this oper carries the whole entity: then a field that is absent is null. */
export function isWhole(oper: Oper): boolean {
  return oper === "CREATE" || oper === "FULL";
}

import type { IDeltaObjectsReader } from "../../src/plugs/delta-objects-reader.js";
import type { Operation } from "./oracle.js";

/** Gives what a transaction is to do. */
export type MakeOperations = () => readonly Operation[] | Promise<readonly Operation[]>;

/** An application that writes, in one of the ways in which applications may. */
export interface Application extends IDeltaObjectsReader {
  /** Runs a transaction, of which `make` gives the operations when its turn has come; some are rolled back. */
  transaction(make: MakeOperations): Promise<void>;
  /** Tells the server that something was committed. */
  notify(): Promise<void>;
}

/** What is thrown to roll a transaction back. */
export class RolledBack extends Error {}

/** Lets a rollback that was meant pass. */
export function unlessRolledBack(error: unknown): void {
  if (!(error instanceof RolledBack)) throw error;
}

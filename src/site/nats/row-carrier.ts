/** A numbered row on its way between the servers of one site. */
export interface CarriedRow {
  readonly epoch: string;
  readonly sequence: number;
  /** Undefined where the row is too large to be carried: the log has it. */
  readonly deltaBuffer: Uint8Array | undefined;
}

/**
 * Carries numbered rows from the server that leads to the others, so that these need not read them in the database. It may lose,
 * repeat and delay them: whoever receives looks at their numbers, and reads in the log what is missing.
 */
export interface IRowCarrier {
  /** Sends a row, in the order of the calls, without anyone waiting for it; drops it where it cannot. Must not throw. */
  send(row: CarriedRow): void;
  /** Calls back for each row that arrives, and with undefined where some may have been missed. */
  onRow(listener: (row: CarriedRow | undefined) => void): void;
  /** Frees what it holds. May be called twice. */
  close(): Promise<void>;
}

import type { LoadAnswer } from "../cache-server/load-frames.js";

/** What became of a command. */
export interface CommandAnswer {
  /** The sequence-number at which it was executed. */
  readonly sequence: number;
  /** The epoch that the sequence-number is of. */
  readonly epoch: string;
  /** Of a load only. */
  readonly load?: LoadAnswer;
}

import type { LoadAnswer } from "../cache-server/load-frames.js";

/** What became of a command. */
export interface CommandAnswer {
  /** The sequence-number at which it was executed. */
  readonly sequence: number;
  /** Of a load only. */
  readonly load?: LoadAnswer;
}

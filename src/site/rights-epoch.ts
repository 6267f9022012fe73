import { createHash } from "node:crypto";
import { LiveDistError } from "../base/errors.js";
import { FrameReader, headFrame } from "../wire/frames.js";
import type { AnswerPiece, AnswerPieces } from "../wire/live-dist-service.js";
import type { Position } from "../wire/requests.js";

/** Stands between an epoch and the mark; epochs themselves do not have it. */
const MARK = "~";
const MARK_LENGTH = 10;
const FRAME_HEAD_BYTES = 5;

/**
 * Names a log as a client sees it whose slice is narrowed by what it may see. A copy that was made under other rights cannot be
 * gone on with: what is permitted now was not given before, and what is no more was never taken away. To such a client it is another
 * log, so that its position is answered with EpochChanged, and it loads again. (Registered clients need none: of theirs the
 * server knows the slice in force, and answers NotRegistered.)
 */
export class RightsEpoch {
  readonly #mark: string;

  /** `narrowing` is what is put around every slice of the client. */
  constructor(narrowing: string) {
    this.#mark = MARK + createHash("sha256").update(narrowing).digest("base64url").slice(0, MARK_LENGTH);
  }

  /** Gives a position as the service knows it. Throws EpochChanged where it was not given under these rights. */
  inside(position: Position): Position {
    if (!position.epoch.endsWith(this.#mark)) {
      throw new LiveDistError("EpochChanged", "what this client may see has changed since its position: load again");
    }
    return { ...position, epoch: position.epoch.slice(0, -this.#mark.length) };
  }

  /** Does the same where any epoch is welcome: a foreign one stays foreign. */
  insideOrForeign(position: Position): Position {
    return position.epoch.endsWith(this.#mark) ? this.inside(position) : position;
  }

  outside(position: Position): Position {
    return { ...position, epoch: position.epoch + this.#mark };
  }

  /** Gives bytes that begin with a HEAD with the name that the client knows. */
  head(bytes: Uint8Array): Uint8Array {
    const headBytes = FRAME_HEAD_BYTES + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    const [frame] = new FrameReader().push(bytes.subarray(0, headBytes));
    if (frame?.kind !== "HEAD") throw new LiveDistError("Internal", "an answer does not begin with a HEAD");
    const head = headFrame({ ...frame.head, epoch: frame.head.epoch + this.#mark });
    return headBytes === bytes.length ? head : Buffer.concat([head, bytes.subarray(headBytes)]);
  }

  /** Does the same with the first piece of a load. */
  pieces(pieces: AnswerPieces): AnswerPieces {
    return Object.assign(this.#marked(pieces), pieces.ended && { ended: pieces.ended });
  }

  async *#marked(pieces: AnswerPieces): AsyncGenerator<AnswerPiece, void, undefined> {
    let isFirst = true;
    for await (const piece of pieces) {
      yield isFirst ? [this.head(piece[0]!), ...piece.slice(1)] : piece;
      isFirst = false;
    }
  }
}

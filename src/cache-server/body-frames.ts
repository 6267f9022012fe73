import { ByteWriter } from "../base/byte-writer.js";
import { writeBufferHead } from "../delta/delta-buffer.js";
import { beginFrame, finishFrame } from "../wire/frames.js";

/** A delta-object to be put into a frame. */
export interface FramedRecord {
  readonly record: Uint8Array;
  readonly schemaName: string;
}

/** Gives ENTITIES frames of about `frameBytes` bytes. */
export function* bodyFrames(records: Iterable<FramedRecord>, frameBytes: number): Generator<Uint8Array, undefined> {
  let frame: { readonly writer: ByteWriter; readonly at: number; readonly schemaName: string } | undefined;
  for (const { record, schemaName } of records) {
    if (frame && (frame.schemaName !== schemaName || frame.writer.length >= frameBytes)) {
      yield finished(frame);
      frame = undefined;
    }
    frame ??= begun(schemaName);
    frame.writer.bytes(record);
  }
  if (frame) yield finished(frame);
}

function begun(schemaName: string) {
  const writer = new ByteWriter();
  const at = beginFrame(writer, "ENTITIES");
  writeBufferHead(writer, schemaName);
  return { writer, at, schemaName };
}

function finished({ writer, at }: ReturnType<typeof begun>): Uint8Array {
  finishFrame(writer, at);
  return writer.view();
}

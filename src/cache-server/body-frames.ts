import { ByteWriter } from "../base/byte-writer.js";
import { writeBufferHead } from "../delta/delta-buffer.js";
import { beginFrame, finishFrame } from "../wire/frames.js";
import type { EntityBody } from "./body-reader.js";

/** Gives ENTITIES frames of about `frameBytes` bytes. */
export function* bodyFrames(bodies: Iterable<EntityBody>, frameBytes: number): Generator<Uint8Array, undefined> {
  let frame: { readonly writer: ByteWriter; readonly at: number; readonly schemaName: string } | undefined;
  for (const { record, schemaName } of bodies) {
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

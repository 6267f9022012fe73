/** A binary message in one piece (RFC 6455 §5.2: FIN and opcode 2). */
const BINARY_WHOLE = 0x82;
/** Lengths up to here stand in the second byte; these two there say that 2 or 8 bytes follow with it. */
const SHORT_BYTES_MAX = 125;
const LENGTH_IN_2_BYTES = 126;
const LENGTH_IN_8_BYTES = 127;
const BYTES_MAX_OF_2 = 0xffff;

/** Gives frames of LiveDist as one WebSocket message of a server, as it stands on the connection. */
export function webSocketMessage(frames: readonly Uint8Array[]): Buffer {
  let bytes = 0;
  for (const frame of frames) bytes += frame.length;
  const headBytes = bytes <= SHORT_BYTES_MAX ? 2 : bytes <= BYTES_MAX_OF_2 ? 4 : 10;
  const message = Buffer.allocUnsafe(headBytes + bytes);
  message[0] = BINARY_WHOLE;
  if (headBytes === 2) message[1] = bytes;
  else if (headBytes === 4) {
    message[1] = LENGTH_IN_2_BYTES;
    message.writeUInt16BE(bytes, 2);
  } else {
    message[1] = LENGTH_IN_8_BYTES;
    message.writeBigUInt64BE(BigInt(bytes), 2);
  }
  let at = headBytes;
  for (const frame of frames) {
    message.set(frame, at);
    at += frame.length;
  }
  return message;
}

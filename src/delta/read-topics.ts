import { ByteInterner } from "../base/byte-interner.js";
import { ByteReader } from "../base/byte-reader.js";

/** Sites have few topics-lists and very many deltas with them. */
const interned = new ByteInterner(decodeTopics);

/** Reads a topics-list: a count, then strings. All who read the same bytes are given the same list, frozen. */
export function readTopics(reader: ByteReader): readonly string[] {
  const from = reader.offset;
  const count = reader.count(1);
  if (count === 0) return NO_TOPICS;
  for (let index = 0; index < count; index++) reader.skip(reader.varint());
  return interned.get(reader.bytes, from, reader.offset);
}

const NO_TOPICS: readonly string[] = Object.freeze([]);

function decodeTopics(bytes: Uint8Array, from: number, to: number): readonly string[] {
  const reader = new ByteReader(bytes, from, to);
  const count = reader.varint();
  const topics: string[] = [];
  for (let index = 0; index < count; index++) topics.push(reader.string());
  return Object.freeze(topics);
}

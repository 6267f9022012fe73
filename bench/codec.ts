import { Packr } from "msgpackr";
import { decodeDeltaBuffer, encodeDeltaBuffer } from "../src/delta/delta-buffer.js";
import type { DeltaObject } from "../src/delta/delta-object.js";
import { cityCreates, citySchema, cityUpdates } from "./cities.js";
import { besideLast, type BenchOptions, perSecond, planOf, race, rowOf, type Table } from "./measure.js";
import { seededRandom } from "./random.js";

/*
 * Goals: delta-objects per second into bytes and back, and their bytes, beside what a program would use otherwise: JSON, and
 * msgpackr with records, which is the fastest of its kind and knows the field names on both sides as we know the schema.
 * Cities are real ones. A buffer of 1,000 is what a load or a large transaction brings, a buffer of one is a live update.
 *
 * Non-goals: compression; checking, which `DeltaClass.delta` does before and no other contestant does at all.
 *
 * All start from the delta-objects and end with bytes, and the other way round. The others carry the same: all that a delta-object
 * has, its class by name. JSON gives back dates as texts.
 */

interface Codec {
  readonly name: string;
  readonly encode: (deltas: readonly DeltaObject[]) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => unknown;
}

const ours: Codec = {
  name: "delta-buffer",
  encode: (deltas) => encodeDeltaBuffer(citySchema, deltas),
  decode: (bytes) => decodeDeltaBuffer(citySchema, bytes),
};

// Records in `structures` are known to both sides, so that field names do not travel.
const packr = new Packr({ structures: [] });
const messagePack: Codec = {
  name: "msgpackr, records",
  encode: (deltas) => packr.pack(deltas.map(plain)),
  decode: (bytes) => packr.unpack(bytes) as unknown,
};

const json: Codec = {
  name: "JSON",
  encode: (deltas) => Buffer.from(JSON.stringify(deltas.map(plain))),
  decode: (bytes) => JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()) as unknown,
};

/** The same object for who knows no schema: all that a delta-object has, its class by name. */
function plain({ deltaClass, ...rest }: DeltaObject): object {
  return { class: deltaClass.name, ...rest };
}

const codecs = [ours, messagePack, json];

const TARGET = "faster than msgpackr with records";

export async function benchCodec({ size, seed }: BenchOptions): Promise<Table[]> {
  const random = seededRandom(seed);
  const count = size === "full" ? 1_000 : 20;
  const creates = cityCreates(random, count);
  const updates = cityUpdates(random, count).map((delta) => [delta]);
  return [
    ...(await bothWays(`CREATE of a city, ${count.toLocaleString("en-US")} in a buffer`, [creates], size)),
    ...(await bothWays("UPDATE of one field, alone in its buffer", updates, size)),
  ];
}

async function bothWays(what: string, buffers: readonly DeltaObject[][], size: BenchOptions["size"]): Promise<Table[]> {
  const objects = buffers.reduce((sum, deltas) => sum + deltas.length, 0);
  const encoded = codecs.map(({ encode }) => buffers.map(encode));
  const encoding = codecs.map(({ name, encode }) => ({
    name,
    run: (ms: number) => perSecond(ms, objects, () => each(buffers, encode)),
  }));
  const decoding = codecs.map(({ name, decode }, index) => ({
    name,
    run: (ms: number) => perSecond(ms, objects, () => each(encoded[index]!, decode)),
  }));
  const bytes = codecs.map(({ name }, index) =>
    rowOf(name, "bytes/delta", [encoded[index]!.reduce((sum, { length }) => sum + length, 0) / objects]),
  );
  return [
    { title: `encode: ${what}`, target: TARGET, rows: await race("deltas/s", encoding, planOf(size)) },
    { title: `decode: ${what}`, target: TARGET, rows: await race("deltas/s", decoding, planOf(size)) },
    { title: `bytes: ${what}`, target: "fewer than msgpackr with records", rows: besideLast(bytes) },
  ];
}

function each<T, R>(values: readonly T[], work: (value: T) => R): R | undefined {
  let last: R | undefined;
  for (const value of values) last = work(value);
  return last;
}

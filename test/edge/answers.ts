import { ByteWriter } from "../../src/base/byte-writer.js";
import { GUID_BYTES, guidToBytes } from "../../src/base/guid.js";
import { encodeDeltaBuffer } from "../../src/delta/delta-buffer.js";
import { deltaClass } from "../../src/delta/delta-class.js";
import type { DeltaInit, DeltaObject } from "../../src/delta/delta-object.js";
import type { FieldMap } from "../../src/delta/delta-class.js";
import { int32, parts, string } from "../../src/delta/field-types.js";
import { makeSchema, type Schema } from "../../src/delta/schema.js";
import {
  beginFrame,
  endFrame,
  finishFrame,
  goneFrame,
  type Head,
  headFrame,
  positionFrame,
} from "../../src/wire/frames.js";

export const Phone = deltaClass("Phone", { number: string() });
export const Person = deltaClass("Person", { name: string(), age: int32(), phones: parts(Phone) });
export const schema = makeSchema("v1", [Phone, Person]);
export const updateTime = new Date(Date.UTC(2024, 0, 1));

/** Gives the tech-id of the test's n-th entity. */
export function id(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
}

type Init = Partial<
  DeltaInit<typeof Person extends { delta(init: DeltaInit<infer F extends FieldMap>): unknown } ? F : never>
>;

export function person(n: number, init: Init = {}): DeltaObject {
  const fields = init.leaves === true || init.oper === "DELETE" ? {} : { name: `person ${n}` };
  return Person.delta({ oper: "CREATE", techId: id(n), updateTime, topics: ["A"], fields, ...init });
}

export function entitiesFrame(deltas: readonly DeltaObject[], of: Schema = schema): Uint8Array {
  const writer = new ByteWriter();
  const at = beginFrame(writer, "ENTITIES");
  writer.bytes(encodeDeltaBuffer(of, deltas));
  finishFrame(writer, at);
  return writer.copy();
}

export function rowFrame(sequence: number, deltas: readonly DeltaObject[], of: Schema = schema): Uint8Array {
  const writer = new ByteWriter();
  const at = beginFrame(writer, "ROW");
  writer.varint(sequence);
  writer.bytes(encodeDeltaBuffer(of, deltas));
  finishFrame(writer, at);
  return writer.copy();
}

export function head(sequence: number, rest: Partial<Head> = {}): Uint8Array {
  return headFrame({ epoch: "e1", sequence, connectedToCenter: true, ...rest });
}

/** A whole load of `deltas`, two entities a frame. */
export function loadAnswer(
  sequence: number,
  deltas: readonly DeltaObject[],
  rest: Partial<Head> = {},
): Uint8Array<ArrayBuffer> {
  const frames = [head(sequence, { count: deltas.length, ...rest })];
  for (let at = 0; at < deltas.length; at += 2) frames.push(entitiesFrame(deltas.slice(at, at + 2)));
  return bytesOf(...frames, endFrame());
}

/** What stands between the HEAD and the entities of some loads. */
export interface BeforeEntities {
  readonly gone?: readonly string[];
  readonly rows?: readonly (readonly [number, ...DeltaObject[]])[];
}

/** A whole load of a registered client: its stamp is "s" and the sequence-number. */
export function stampedAnswer(
  sequence: number,
  deltas: readonly DeltaObject[],
  { gone = [], rows = [] }: BeforeEntities = {},
  rest: Partial<Head> = {},
): Uint8Array<ArrayBuffer> {
  return bytesOf(
    head(sequence, { count: deltas.length, stamp: `s${sequence}`, ...rest }),
    ...gone.map((techId) => goneFrame(packed(techId))),
    ...rows.map(([row, ...owed]) => rowFrame(row, owed)),
    ...(deltas.length > 0 ? [entitiesFrame(deltas)] : []),
    endFrame(),
  );
}

/** Gives tech-ids in 16 bytes each. */
export function packed(...techIds: readonly string[]): Uint8Array {
  const bytes = new Uint8Array(techIds.length * GUID_BYTES);
  for (const [at, techId] of techIds.entries()) guidToBytes(techId, bytes, at * GUID_BYTES);
  return bytes;
}

/** The answer of a fetch: a row for each sequence-number, then the position. */
export function fetchAnswer(
  from: number,
  rows: readonly (readonly [number, ...DeltaObject[]])[],
  to = rows.at(-1)?.[0] ?? from,
  epoch = "e1",
): Uint8Array {
  return bytesOf(head(from, { epoch }), ...batchFrames(rows, to));
}

export function batchFrames(rows: readonly (readonly [number, ...DeltaObject[]])[], to: number): Uint8Array[] {
  return [...rows.map(([sequence, ...deltas]) => rowFrame(sequence, deltas)), positionFrame(to, true)];
}

export function bytesOf(...pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(pieces));
}

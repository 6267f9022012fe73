import { expect, it } from "vitest";
import { deltaClass } from "../../../src/delta/delta-class.js";
import type { DeltaObject } from "../../../src/delta/delta-object.js";
import { noteMissed } from "../../../src/site/links/note-missed.js";

const Thing = deltaClass("Thing", {});
const wantsA = (topics: readonly string[]): boolean => topics.includes("A");
const notes = { ownEpoch: "own", topicsSlice: "A", configuredSlice: "A" };
const position = { epoch: "e", sequence: 7, stamp: "3" };

function update(digit: number, topic: string): DeltaObject {
  const techId = `00000000-0000-4000-8000-00000000000${digit}`;
  return Thing.delta({ oper: "UPDATE", techId, updateTime: new Date(0), topics: [topic] });
}

it("R56: loads what is lacking where it is wanted, and what is incomplete always", () => {
  const [wanted, unwanted, held] = [update(1, "A"), update(2, "B"), update(3, "B")];
  const missed = { lacking: [wanted, unwanted], incomplete: [held], unwanted: [] };
  const { lacking, toUnregister } = noteMissed(notes, missed, wantsA, position);
  expect(lacking).toEqual([wanted.techId, held.techId]);
  expect(toUnregister).toEqual([unwanted.techId]);
});

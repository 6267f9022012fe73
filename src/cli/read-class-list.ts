import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { LiveDistError } from "../base/errors.js";
import { decodeXml } from "../base/xml.js";
import type { DeltaClass } from "../delta/delta-class.js";
import { type DeltaClassListing, readDeltaClassList } from "../delta/delta-class-list.js";
import { isPart } from "../delta/field-type.js";
import { importModule } from "./import-module.js";

/** A delta-class, and the line of the XML file that lists it. */
interface Listed {
  readonly deltaClass: DeltaClass;
  /** The file and the line, as they stand in messages. */
  readonly place: string;
}

/**
 * Reads the XML file that lists the delta-classes of a schema, and imports them from the modules that it names, relative to
 * its own folder (guide §4.4). Rejects with Config, and the line, where that fails or a class stands in a wrong place.
 */
export async function readClassList(file: string): Promise<DeltaClass[]> {
  const listed: Listed[] = [];
  for (const listing of readDeltaClassList(decodeXml(readBytes(file), file), file)) {
    const place = `${file}:${listing.line}`;
    listed.push({ deltaClass: await importDeltaClass(listing, dirname(resolve(file)), place), place });
  }
  checkOrder(listed);
  checkParts(listed);
  return listed.map(({ deltaClass }) => deltaClass);
}

function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new LiveDistError(
      "Config",
      `${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}`,
      { cause: error },
    );
  }
}

async function importDeltaClass(
  { module, namespace, exportName }: DeltaClassListing,
  folder: string,
  place: string,
): Promise<DeltaClass> {
  let found: unknown = await importModule(module, folder, place);
  for (const name of [...namespace, exportName]) {
    // Only what the module itself put there: every object has a "constructor".
    if (!isObject(found) || !Object.hasOwn(found, name))
      throw misses(`${module} has no ${[...namespace, exportName].join(".")}`);
    found = found[name];
  }
  if (!isDeltaClass(found)) throw misses(`${exportName} of ${module} is no delta-class: make it with deltaClass()`);
  return found;

  function misses(sentence: string): LiveDistError {
    return new LiveDistError("Config", `${place}: ${sentence}`);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** Tells a delta-class by its shape: the application may have a copy of this package of its own. */
function isDeltaClass(value: unknown): value is DeltaClass {
  return (
    isObject(value) &&
    typeof value["name"] === "string" &&
    Array.isArray(value["fields"]) &&
    typeof value["isA"] === "function"
  );
}

function checkOrder(listed: readonly Listed[]): void {
  const placesOf = new Map<string, string>();
  for (const { deltaClass, place } of listed) {
    const { name, base } = deltaClass;
    const earlier = placesOf.get(name);
    if (earlier !== undefined)
      throw new LiveDistError("Config", `${place}: a delta-class called ${name} stands already at ${earlier}`);
    if (base && !placesOf.has(base.name)) {
      throw new LiveDistError(
        "Config",
        `${place}: ${base.name}, the base class of ${name}, has to be listed before it`,
      );
    }
    placesOf.set(name, place);
  }
}

function checkParts(listed: readonly Listed[]): void {
  const names = new Set(listed.map(({ deltaClass }) => deltaClass.name));
  for (const { deltaClass, place } of listed) {
    for (const { name, type } of deltaClass.fields) {
      if (!isPart(type) || names.has(type.deltaClass.name)) continue;
      throw new LiveDistError(
        "Config",
        `${place}: ${type.deltaClass.name}, a part of ${deltaClass.name} (${name}), has to be listed too`,
      );
    }
  }
}

import { readFileSync } from "node:fs";
import { LiveDistError } from "../../base/errors.js";
import { decodeXml, parseXml, type XmlElement, xmlError } from "../../base/xml.js";
import type { Setting } from "./setting.js";
import { shown } from "./shown.js";

/** Gives the bytes of a file. */
export type ReadFile = (path: string) => Uint8Array;

/**
 * Reads the keys of a web.config (guide §7.1): `<add key="…" value="…"/>` in `<appSettings>` in `<configuration>`. Other
 * sections belong to others. Throws Config, with file and line, where the file cannot be read, is malformed, or gives a key
 * twice.
 */
export function readAppSettings(path: string, readFile: ReadFile = readFileSync): Setting[] {
  const root = parseXml(decodeXml(readBytes(path, readFile), path), path);
  if (root.name !== "configuration") throw xmlError(path, root, `<configuration> is expected, not <${root.name}>`);
  const elements = root.children.filter(({ name }) => name === "appSettings").flatMap((section) => adds(section, path));
  const linesOf = new Map<string, number>();
  return elements.map((element) => {
    const setting = readAdd(element, path);
    const earlierLine = linesOf.get(setting.name);
    if (earlierLine !== undefined) {
      throw xmlError(path, element, `the key ${shown(setting.name)} stands already in line ${earlierLine}`);
    }
    linesOf.set(setting.name, element.line);
    return setting;
  });
}

function readBytes(path: string, readFile: ReadFile): Uint8Array {
  try {
    return readFile(path);
  } catch (error) {
    // Only the code: the message repeats the path, and a connection string may have been passed in its place.
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    throw new LiveDistError("Config", `the configuration file ${shown(path)} cannot be read: ${code}`);
  }
}

function adds(section: XmlElement, path: string): readonly XmlElement[] {
  // ASP.NET merges another file in here. Left out in silence, its keys would be missed late.
  const elsewhere = section.attributes.get("file") ?? section.attributes.get("configSource");
  if (elsewhere) throw xmlError(path, elsewhere, `<appSettings ${elsewhere.name}> is not served; write the keys here`);
  const stranger = section.children.find(({ name }) => name !== "add");
  if (stranger) throw xmlError(path, stranger, `<add> is expected in <appSettings>, not <${stranger.name}>`);
  if (section.text !== "") throw xmlError(path, section, "<appSettings> holds text; only <add> elements stand in it");
  return section.children;
}

function readAdd(element: XmlElement, path: string): Setting {
  const key = element.attributes.get("key");
  if (!key) throw xmlError(path, element, "<add> has no key");
  const value = element.attributes.get("value");
  if (!value) throw xmlError(path, element, `<add key=${shown(key.value)}> has no value`);
  return { name: key.value, text: value.value, place: `${path}:${element.line}` };
}

import { LiveDistError } from "../base/errors.js";
import { DELTA_CLASSES_MAX } from "../base/limits.js";
import { parseXml, type XmlAttribute, type XmlElement, xmlError } from "../base/xml.js";

/** The module of a delta-class whose className names none (the guide's default assembly). */
export const DEFAULT_MODULE = "./delta-classes.js";

/** Where a delta-class is to be imported from. */
export interface DeltaClassListing {
  /** A path that begins with ./ or ../ and is relative to the XML file's directory, or the name of a package. */
  readonly module: string;
  /** The objects around the delta-class within the module, the outermost (an export of the module) first; mostly empty. */
  readonly namespace: readonly string[];
  /** The name under which the module, or the innermost namespace, exports the delta-class. */
  readonly exportName: string;
  /** The line of the XML file, from 1. */
  readonly line: number;
}

/**
 * Reads the list of delta-classes of which a schema is made (guide §4.4), in the order in which it stands: a base class has
 * to stand before what derives from it, which only the modules themselves can show. The guide's
 *
 *     <LiveDist>
 *       <DeltaClass className="x1.x2.Name,assembly" />
 *     </LiveDist>
 *
 * is read so: `assembly` is a module, `Name` what it exports, and `x1.x2` the objects that `Name` is a property of, as a
 * namespace is in C#: `export const x1 = { x2: { Name } }`. Most modules have none:
 *
 *     className="City,./dist/classes.js"       import { City } from "./dist/classes.js"
 *     className="geo.City,./dist/classes.js"   import { geo } from "./dist/classes.js"; geo.City
 *     className="City,@acme/classes"           import { City } from "@acme/classes"
 *     className="City"                         import { City } from "./delta-classes.js" (DEFAULT_MODULE)
 *
 * White space around names is ignored. Pure: nothing is imported, and the text is all that is read. `fileName` stands in
 * messages. Throws Config with the line where the XML is malformed, holds anything else, nothing at all, or the same twice;
 * Limit above DELTA_CLASSES_MAX.
 */
export function readDeltaClassList(text: string, fileName: string): readonly DeltaClassListing[] {
  const root = parseXml(text, fileName);
  const { children } = root;
  if (root.name !== "LiveDist") throw xmlError(fileName, root, `<LiveDist> is expected, not <${root.name}>`);
  if (root.text !== "") throw xmlError(fileName, root, "<LiveDist> holds text; only <DeltaClass> elements stand in it");
  if (children.length === 0) throw xmlError(fileName, root, "the list has no <DeltaClass>");
  if (children.length > DELTA_CLASSES_MAX) {
    throw new LiveDistError("Limit", `${fileName}: ${children.length} delta-classes are above DELTA_CLASSES_MAX`);
  }
  const linesOf = new Map<string, number>();
  return children.map((element) => {
    const listing = readListing(element, fileName);
    const identity = JSON.stringify([listing.module, listing.namespace, listing.exportName]);
    const earlierLine = linesOf.get(identity);
    if (earlierLine !== undefined) {
      throw xmlError(fileName, element, `this delta-class stands already in line ${earlierLine}`);
    }
    linesOf.set(identity, listing.line);
    return listing;
  });
}

function readListing(element: XmlElement, fileName: string): DeltaClassListing {
  const { name, attributes, children, text, line } = element;
  if (name !== "DeltaClass") throw xmlError(fileName, element, `<DeltaClass> is expected, not <${name}>`);
  if (text !== "" || children.length > 0) throw xmlError(fileName, element, "<DeltaClass> is not empty");
  const stranger = [...attributes.values()].find((attribute) => attribute.name !== "className");
  if (stranger) throw xmlError(fileName, stranger, `<DeltaClass> has no attribute ${stranger.name}, only className`);
  const className = attributes.get("className");
  if (!className) throw xmlError(fileName, element, "<DeltaClass> has no className");
  return { ...readClassName(className, fileName), line };
}

function readClassName(className: XmlAttribute, fileName: string): Omit<DeltaClassListing, "line"> {
  const comma = className.value.indexOf(",");
  const path = comma < 0 ? className.value : className.value.slice(0, comma);
  const names = path.trim().split(".");
  if (!names.every((name) => IDENTIFIER.test(name))) {
    throw xmlError(fileName, className, `${shown(path)} is not a name; className="x1.x2.Name,module" is expected`);
  }
  const module = comma < 0 ? DEFAULT_MODULE : className.value.slice(comma + 1).trim();
  if (!MODULE.test(module)) {
    const expected = "a path that begins with ./ or ../ (with / between its parts), or the name of a package";
    throw xmlError(fileName, className, `${shown(module)} is not a module; ${expected} is expected`);
  }
  return { module, namespace: names.slice(0, -1), exportName: names.at(-1)! };
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** A relative path, or a package (with scope and path within it). Everything with a scheme or a drive stays outside. */
const MODULE = /^(?:\.\.?\/[^\\:\p{Cc}]+|(?:@[\w.-]+\/)?\w[\w.-]*(?:\/[\w.-]+)*)$/u;

function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text);
}

const SHOWN_LENGTH_MAX = 80;

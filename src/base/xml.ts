import { type SaxesAttributePlain, SaxesParser } from "saxes";
import { LiveDistError } from "./errors.js";
import { XML_LENGTH_MAX } from "./limits.js";

/** Where something stands in a text. Both count from 1; columns count UTF-16 units. */
export interface XmlPlace {
  readonly line: number;
  readonly column: number;
}

export interface XmlAttribute extends XmlPlace {
  readonly name: string;
  readonly value: string;
}

/** An element; its place is that of its `<`. */
export interface XmlElement extends XmlPlace {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, XmlAttribute>;
  readonly children: readonly XmlElement[];
  /** The text that stands directly in it, trimmed. */
  readonly text: string;
}

/** Makes the error for what is wrong at a place of an XML file, however well-formed the file is. */
export function xmlError(fileName: string, place: XmlPlace, message: string): LiveDistError {
  return new LiveDistError("Config", `${fileName}:${place.line}:${place.column}: ${message}`);
}

/** Decodes the bytes of an XML file, which are UTF-8 with or without a byte order mark. Throws Config for other bytes. */
export function decodeXml(bytes: Uint8Array, fileName: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new LiveDistError("Config", `${fileName}: the bytes are not UTF-8`, { cause: error });
  }
}

/**
 * Parses an XML document and gives its root element. Strict: everything that is not well-formed XML 1.0 throws Config with
 * the place. A DOCTYPE is refused, so that there are no entities but the five of XML and no attributes out of nowhere.
 * Messages hold names of elements and attributes, never values. Throws Limit above XML_LENGTH_MAX.
 */
export function parseXml(text: string, fileName: string): XmlElement {
  if (text.length > XML_LENGTH_MAX) {
    throw new LiveDistError("Limit", `${fileName}: ${text.length} characters are above XML_LENGTH_MAX`);
  }
  // Without its byte order mark, the text's first column is 1.
  return new XmlReader(text.startsWith("\ufeff") ? text.slice(1) : text, fileName).read();
}

/** With the u flag, pairs are one character: what is left of the range stands alone. */
const HALF_PAIR = /\p{Surrogate}/u;

interface Element extends XmlPlace {
  readonly name: string;
  readonly attributes: Map<string, XmlAttribute>;
  readonly children: Element[];
  text: string;
}

class XmlReader {
  readonly #text: string;
  readonly #fileName: string;
  readonly #lineStarts: readonly number[];
  readonly #parser = new SaxesParser({ position: false, forceXMLVersion: true, defaultXMLVersion: "1.0" });
  /** The elements that are open, the innermost last; the last one's tag may still be incomplete. */
  readonly #open: Element[] = [];
  #root: Element | undefined;

  constructor(text: string, fileName: string) {
    this.#text = text;
    this.#fileName = fileName;
    this.#lineStarts = findLineStarts(text);
  }

  read(): XmlElement {
    const parser = this.#parser;
    // The parser stands behind what it stumbled over, or behind the end.
    const offset = () => Math.min(parser.position, this.#text.length) - 1;
    parser.on("error", (error) => this.#refuseAt(offset(), error.message.replace(/\.$/, "")));
    parser.on("doctype", () =>
      this.#refuseAt(this.#text.lastIndexOf("<!DOCTYPE", parser.position), "a DOCTYPE is not accepted"),
    );
    parser.on("opentagstart", (tag) => this.#begin(tag.name));
    parser.on("attribute", (attribute) => this.#addAttribute(attribute));
    parser.on("text", (text) => this.#addText(text));
    parser.on("cdata", (text) => this.#addText(text));
    parser.on("closetag", (tag) => this.#end(tag));
    // The parser would fail at half of a pair in an error of its own.
    const halfPair = this.#text.search(HALF_PAIR);
    if (halfPair >= 0) this.#refuseAt(halfPair, "half of a surrogate pair stands alone");
    parser.write(this.#text);
    if (this.#open.length > 0) this.#refuseUnclosed(this.#open.at(-1)!, "the end of the file");
    parser.close();
    // The parser has refused a document without a root.
    return this.#root!;
  }

  #begin(name: string): void {
    const place = this.#placeOf(this.#text.lastIndexOf("<", this.#parser.position - 1));
    const element: Element = { name, ...place, attributes: new Map(), children: [], text: "" };
    this.#open.at(-1)?.children.push(element);
    this.#open.push(element);
    this.#root ??= element;
  }

  #addAttribute({ name, value }: SaxesAttributePlain): void {
    // The parser stands behind the closing quote. A value does not hold its own quote, and a name stands in front of it.
    const closing = this.#parser.position - 1;
    const opening = this.#text.lastIndexOf(this.#text[closing]!, closing - 1);
    const at = this.#text.lastIndexOf(name, opening);
    const { attributes } = this.#open.at(-1)!;
    if (attributes.has(name)) this.#refuseAt(at, `the attribute ${name} stands twice`);
    attributes.set(name, { name, value, ...this.#placeOf(at) });
  }

  #addText(text: string): void {
    const element = this.#open.at(-1);
    if (element) element.text += text;
  }

  #end({ isSelfClosing }: { isSelfClosing: boolean }): void {
    const element = this.#open.pop()!;
    element.text = element.text.trim();
    if (isSelfClosing) return;
    // The parser stands behind the ">" of the closing tag.
    const end = this.#parser.position - 1;
    const at = this.#text.lastIndexOf("</", end);
    const name = this.#text.slice(at + 2, end).trim();
    if (name !== element.name) this.#refuseUnclosed(element, `</${name}> in line ${this.#placeOf(at).line}`);
  }

  /** Tells of an element where it was opened: that is where the mistake is, not where the parser stumbled over it. */
  #refuseUnclosed(element: Element, before: string): never {
    throw xmlError(this.#fileName, element, `<${element.name}> is not closed before ${before}`);
  }

  #refuseAt(offset: number, message: string): never {
    throw xmlError(this.#fileName, this.#placeOf(offset), message);
  }

  #placeOf(offset: number): XmlPlace {
    const starts = this.#lineStarts;
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: Math.max(offset, 0) - starts[low]! + 1 };
  }
}

function findLineStarts(text: string): number[] {
  return [0, ...[...text.matchAll(/\r\n|\r|\n/g)].map((end) => end.index + end[0].length)];
}

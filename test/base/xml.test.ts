import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codeOf, LiveDistError } from "../../src/base/errors.js";
import { XML_LENGTH_MAX } from "../../src/base/limits.js";
import { decodeXml, parseXml } from "../../src/base/xml.js";

function messageOf(text: string): string {
  try {
    parseXml(text, "a.xml");
  } catch (error) {
    if (error instanceof LiveDistError && error.code === "Config") return error.message;
    throw error;
  }
  return "no error";
}

describe("parseXml", () => {
  test("gives elements, attributes and text with their places", () => {
    const text = `\ufeff<?xml version="1.0"?>\r\n<r a='1>"2' ab = "x&amp;&#65;\ty">\r\n  one<b\n   c="1"/><![CDATA[<&]]>\r  <b></b ></r>\n`;
    const root = parseXml(text, "a.xml");
    expect(root).toMatchObject({ name: "r", line: 2, column: 1, text: "one<&" });
    expect([...root.attributes.values()]).toEqual([
      { name: "a", value: '1>"2', line: 2, column: 4 },
      { name: "ab", value: "x&A y", line: 2, column: 13 },
    ]);
    expect(root.children.map(({ name, line, column }) => [name, line, column])).toEqual([
      ["b", 3, 6],
      ["b", 5, 3],
    ]);
    expect(root.children[0]!.attributes.get("c")).toEqual({ name: "c", value: "1", line: 4, column: 4 });
  });

  test("finds the place of an attribute whose name stands in values before it", () => {
    const root = parseXml(`<r x="y=1 y='2'" y='y="3"'/>`, "a.xml");
    expect(root.attributes.get("y")).toEqual({ name: "y", value: `y="3"`, line: 1, column: 18 });
  });

  test.each([
    ["", "a.xml:1:1: document must contain a root element"],
    ["<a/>x", "a.xml:1:5: text data outside of root node"],
    ["<a/>\n<b/>", "a.xml:2:3: documents may contain only one root"],
    ["<a></a></b>", "a.xml:1:11: unmatched closing tag: b"],
    ["<a>\n <b>\n</a>", "a.xml:2:2: <b> is not closed before </a> in line 3"],
    ["<a>\n <b>\n", "a.xml:2:2: <b> is not closed before the end of the file"],
    ["<a>\n<b c='1", "a.xml:2:1: <b> is not closed before the end of the file"],
    ["<a b='1'\n b='2'/>", "a.xml:2:2: the attribute b stands twice"],
    ["<a b=1/>", "a.xml:1:6: unquoted attribute value"],
    ["<a b='1'c='2'/>", "a.xml:1:9: no whitespace between attributes"],
    ["<a>&b;</a>", "a.xml:1:6: undefined entity"],
    ["<a>&#0;</a>", "a.xml:1:7: malformed character entity"],
    ["<a>\u0001</a>", "a.xml:1:4: disallowed character"],
    ['<!DOCTYPE a [<!ENTITY b "c">]>\n<a>&b;</a>', "a.xml:1:1: a DOCTYPE is not accepted"],
  ])("refuses %j", (text, message) => {
    expect(messageOf(text)).toBe(message);
  });

  test("keeps to XML 1.0, whatever the document says", () => {
    expect(messageOf('<?xml version="1.1"?><a>&#1;</a>')).toContain("malformed character entity");
  });

  test("reads elements within elements to any depth", () => {
    const depth = 100_000;
    let element = parseXml("<a>".repeat(depth) + "</a>".repeat(depth), "a.xml");
    let count = 1;
    for (; element.children[0]; element = element.children[0]) count++;
    expect(count).toBe(depth);
  });

  test("refuses a text above its limit", () => {
    const call = () => parseXml(`<a>${" ".repeat(XML_LENGTH_MAX)}</a>`, "a.xml");
    expect(call).toThrow(expect.objectContaining({ code: "Limit" }));
  });

  test("throws nothing but a LiveDistError, whatever the text", () => {
    const token = fc.constantFrom(..."<>/&;'\"=!?-[]# \n\r\ufeff\ud800a".split(""), "<a", "</a>", "<!--", "-->", "<![CDATA[", "<!DOCTYPE", "&amp;", "<?xml ", "?>", "xmlns:b='c'"); // prettier-ignore
    fc.assert(
      fc.property(fc.array(token, { maxLength: 30 }), (tokens) => {
        try {
          expect(parseXml(tokens.join(""), "a.xml").line).toBeGreaterThan(0);
        } catch (error) {
          expect(codeOf(error)).toBe("Config");
        }
      }),
      { numRuns: 3_000 },
    );
  });
});

describe("decodeXml", () => {
  test("reads UTF-8 and refuses other bytes", () => {
    expect(decodeXml(new TextEncoder().encode("\ufeff<é/>"), "a.xml")).toBe("<é/>");
    const utf16 = Uint8Array.of(0xff, 0xfe, 0x3c, 0);
    expect(() => decodeXml(utf16, "a.xml")).toThrow(
      expect.objectContaining({ code: "Config", message: "a.xml: the bytes are not UTF-8" }),
    );
  });
});

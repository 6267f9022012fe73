import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codeOf, LiveDistError } from "../../src/base/errors.js";
import { DELTA_CLASSES_MAX } from "../../src/base/limits.js";
import { DEFAULT_MODULE, readDeltaClassList } from "../../src/delta/delta-class-list.js";

const list = (...classNames: string[]) =>
  `<LiveDist>\n${classNames.map((className) => `  <DeltaClass className="${className}" />\n`).join("")}</LiveDist>`;

function messageOf(text: string): string {
  try {
    readDeltaClassList(text, "classes.xml");
  } catch (error) {
    if (error instanceof LiveDistError && error.code === "Config") return error.message;
    throw error;
  }
  return "no error";
}

describe("readDeltaClassList", () => {
  test("reads the guide's example in its order, with lines", () => {
    expect(readDeltaClassList(list("x1.x2.xx,a", "y1.y2.yy"), "classes.xml")).toEqual([
      { module: "a", namespace: ["x1", "x2"], exportName: "xx", line: 2 },
      { module: DEFAULT_MODULE, namespace: ["y1", "y2"], exportName: "yy", line: 3 },
    ]);
  });

  test.each([
    ["City", { module: DEFAULT_MODULE, namespace: [], exportName: "City" }],
    [" geo.City , ./dist/classes.js ", { module: "./dist/classes.js", namespace: ["geo"], exportName: "City" }],
    ["City,../my classes, old.js", { module: "../my classes, old.js", namespace: [], exportName: "City" }],
    ["default,@acme/classes/geo.js", { module: "@acme/classes/geo.js", namespace: [], exportName: "default" }],
    ["$a._ÿ.Città,acme-classes", { module: "acme-classes", namespace: ["$a", "_ÿ"], exportName: "Città" }],
  ])("reads %j", (className, listing) => {
    expect(readDeltaClassList(list(className), "classes.xml")).toEqual([{ ...listing, line: 2 }]);
  });

  test.each(["", ".", "a.", ".a", "a..b", "a b", "1a", "a-b", "./entities.js.Person", ",./a.js", "a/b"])(
    "refuses the name in %j",
    (className) => {
      expect(messageOf(list("ok", className))).toMatch(
        /^classes\.xml:3:15: .* is not a name; className="x1\.x2\.Name,module"/,
      );
    },
  );

  test.each([
    "",
    " ",
    "/etc/a.js",
    "c:\\a.js",
    ".\\a.js",
    "file:///a.js",
    "data:text/javascript,1",
    "node:fs",
    "./",
    "..",
    "@acme",
    "#a",
    "./a\u0085.js",
  ])(
    // prettier-ignore
    "refuses the module %j",
    (module) => {
      expect(messageOf(list(`A,${module}`))).toMatch(/^classes\.xml:2:15: .* is not a module; /);
    },
  );

  test.each([
    ["<LiveDist></LiveDist>", "classes.xml:1:1: the list has no <DeltaClass>"],
    ["<Livedist/>", "classes.xml:1:1: <LiveDist> is expected, not <Livedist>"],
    ["<LiveDist>\n <DeltaClas/></LiveDist>", "classes.xml:2:2: <DeltaClass> is expected, not <DeltaClas>"],
    ["<LiveDist>\n <DeltaClass/></LiveDist>", "classes.xml:2:2: <DeltaClass> has no className"],
    ["<LiveDist>A,b</LiveDist>", "classes.xml:1:1: <LiveDist> holds text; only <DeltaClass> elements stand in it"],
    ["<LiveDist>\n <DeltaClass className='A'>b</DeltaClass></LiveDist>", "classes.xml:2:2: <DeltaClass> is not empty"],
    ["<LiveDist><DeltaClass classname='A'/></LiveDist>", "classes.xml:1:23: <DeltaClass> has no attribute classname, only className"], // prettier-ignore
    ["<LiveDist>\n\n<DeltaClass className='A'>\n</LiveDist>", "classes.xml:3:1: <DeltaClass> is not closed before </LiveDist> in line 4"], // prettier-ignore
    [list("a.B,c", "B,c", " a.B , c"), "classes.xml:4:3: this delta-class stands already in line 2"], // prettier-ignore
    [list("A", `A,${DEFAULT_MODULE}`), "classes.xml:3:3: this delta-class stands already in line 2"],
  ])("refuses %j", (text, message) => {
    expect(messageOf(text)).toBe(message);
  });

  test("refuses more classes than its limit", () => {
    const names = Array.from({ length: DELTA_CLASSES_MAX + 1 }, (_, index) => `C${index}`);
    expect(() => readDeltaClassList(list(...names), "classes.xml")).toThrow(expect.objectContaining({ code: "Limit" }));
    expect(readDeltaClassList(list(...names.slice(1)), "classes.xml")).toHaveLength(DELTA_CLASSES_MAX);
  });

  test("throws nothing but a LiveDistError, whatever the className", () => {
    const character = fc.oneof(
      fc.constantFrom("a", "Z", "$", "_", ".", ",", "/", "@", ":", "\\", " ", "1", "-"),
      fc.string({ unit: "binary", maxLength: 1 }),
    );
    fc.assert(
      fc.property(fc.array(character, { maxLength: 20 }), (characters) => {
        try {
          const [listing] = readDeltaClassList(list(characters.join("")), "classes.xml");
          expect(listing).toMatchObject({ line: 2 });
        } catch (error) {
          expect(codeOf(error)).toBe("Config");
        }
      }),
    );
  });
});

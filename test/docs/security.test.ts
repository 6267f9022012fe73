import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { configKeyNames } from "../../src/site/config/config-keys.js";

const page = readFileSync("docs/security.md", "utf8");

interface Threat {
  readonly number: string;
  readonly tests: readonly { readonly file: string; readonly title: string }[];
}

/** The lines of the threat model: each is an item that ends where the next item, heading or paragraph begins. */
const threats: readonly Threat[] = [...page.matchAll(/^- \*\*(S\d+)\*\*([\s\S]*?)(?=^- \*\*S|^#|\n\n)/gm)].map(
  ([, number, text]) => ({
    number: number!,
    tests: [...text!.replace(/\n\s*/g, " ").matchAll(/([\w/-]+): "([^"]+)"/g)].map(([, file, title]) => ({
      file: file!,
      title: title!,
    })),
  }),
);

describe("docs/security.md", () => {
  it("numbers its lines one after the other", () => {
    expect(threats.map(({ number }) => number)).toEqual(threats.map((_, at) => `S${at + 1}`));
    expect(threats.length).toBeGreaterThan(20);
  });

  it.each(threats)("names with $number tests that there are", ({ tests }) => {
    expect(tests).not.toEqual([]);
    for (const { file, title } of tests) {
      const source = readFileSync(`test/${file}.test.ts`, "utf8");
      const begin = /\b(?:it|test)(?:\.\w+)*(?:\([^\n]*\))?\(\s*["'`]$/;
      const places = [...source.matchAll(new RegExp(escaped(title), "g"))].map(({ index }) => source.slice(0, index));
      expect([title, places.some((before) => begin.test(before) || /\]\)\(\s*["'`]$/.test(before))]).toEqual([
        title,
        true,
      ]);
    }
  });

  it("names keys of the configuration that there are", () => {
    const named = [...page.matchAll(/`(LiveDist[A-Z]\w+)`/g)].map(([, name]) => name!);
    expect(
      named.filter((name) => !(configKeyNames as readonly string[]).includes(name) && name !== "LiveDistClients"),
    ).toEqual([]);
  });
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

import { readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ConsoleAnswer } from "../plugs/web-console.js";

const contentTypes: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** Where the built page stands: beside this file, or in dist/ where the sources run. */
const folder = [new URL("./page/", import.meta.url), new URL("../../dist/console/page/", import.meta.url)].find((url) =>
  existsSync(fileURLToPath(new URL("main.js", url))),
);

/** Tells whether a path can be a file of the page: a name without folders, so that nothing else of the disk is reached. */
export function isPageFile(path: string): boolean {
  return path === "" || /^[a-z][a-z0-9-]*\.(html|css|js|svg)$/.test(path);
}

/** Reads a file of the page; undefined where there is none. */
export async function readPageFile(path: string): Promise<ConsoleAnswer | undefined> {
  if (!isPageFile(path) || folder === undefined) return undefined;
  const name = path === "" ? "index.html" : path;
  const url = new URL(name, folder);
  if (!existsSync(url)) return undefined;
  return { contentType: contentTypes[name.slice(name.lastIndexOf(".") + 1)]!, body: await readFile(url) };
}

import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { afterThis } from "../support/one-site.js";

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

/** Why there is no browser to test with; undefined where there is one. */
export const noBrowser: string | undefined =
  executablePath === undefined ? "this machine has no Chromium (apt-get install chromium)" : undefined;

let browser: Browser | undefined;

/** Starts one browser for the tests of a file. */
export function useBrowser(): void {
  beforeAll(async () => {
    if (executablePath) browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  });
  afterAll(async () => {
    await browser?.close();
  });
}

/** What a page has said that nobody wants to hear: exceptions, and errors on its console. */
export type PageErrors = readonly string[];

/** Opens a page, in a profile of its own, until the test ends. */
export async function openPage(
  url: string,
  colorScheme: "light" | "dark" = "light",
): Promise<{ page: Page; errors: PageErrors }> {
  const context = await browser!.newContext({ colorScheme, viewport: { width: 1280, height: 800 } });
  afterThis(() => context.close());
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  await page.goto(url);
  return { page, errors };
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CleanUp } from "./clean-up.js";

/** Makes a folder that is removed in the end. */
export function temporaryFolder(cleanUp: CleanUp): string {
  const folder = mkdtempSync(join(tmpdir(), "livedist-cities-"));
  cleanUp.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { LiveDistError } from "../base/errors.js";
import { oneLine } from "./tell-error.js";

export type Module = Readonly<Record<string, unknown>>;

/**
 * Imports a module of the application: a path relative to `folder`, or the name of a package that is installed there.
 * Rejects with Config, where `named` says who names it.
 */
export async function importModule(module: string, folder: string, named: string): Promise<Module> {
  try {
    return (await import(locate(module, folder))) as Module;
  } catch (error) {
    const message = oneLine(error instanceof Error ? error.message : String(error));
    const reason = message.replace(/ imported from \S+$/, "");
    const hint = module.endsWith(".ts") ? "; compile it first, and name the .js file" : "";
    throw new LiveDistError("Config", `${named}: the module ${module} cannot be imported: ${reason}${hint}`, {
      cause: error,
    });
  }
}

function locate(module: string, folder: string): string {
  if (!isPackage(module)) return pathToFileURL(resolve(folder, module)).href;
  return pathToFileURL(createRequire(resolve(folder, "any.js")).resolve(module)).href;
}

function isPackage(module: string): boolean {
  return !/^[./]/.test(module) && !/^[a-z]:/i.test(module) && !/\.[cm]?[jt]s$/.test(module);
}

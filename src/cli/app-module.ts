import { LiveDistError } from "../base/errors.js";
import type { Schema } from "../delta/schema.js";
import { Entities, type EntitiesOptions } from "../entities/entities.js";
import type { TopicsOf } from "../entities/entity-topics.js";
import type { IDeltaObjectsReader } from "../plugs/delta-objects-reader.js";
import type { StartLiveDistOptions } from "../site/start-live-dist.js";
import type { StartSiteOptions } from "../site/start-site.js";
import type { Store } from "../store/store.js";
import { importModule } from "./import-module.js";

/** What the application's module exports for `livedist start`. */
export interface AppModule {
  readonly schema: Schema;
  /** Gives the topics of an entity, where the entities are kept by `Entities`. */
  readonly topicsOf: TopicsOf | undefined;
  /** Says which tables the application has already, where the entities are kept by `Entities`. */
  readonly tables: NonNullable<EntitiesOptions["tables"]>;
  /** Reads the entities of an application with an entities sub-system of its own (guide §5.3), or makes what does. */
  readonly reader: IDeltaObjectsReader | MakeReader | undefined;
  readonly plugs: AppPlugs;
  /** What only a site of a tree takes. */
  readonly sitePlugs: SitePlugs;
}

/** The plugs beside the reader (guide §5); those that the module does not export are not there. */
export type AppPlugs = Pick<StartLiveDistOptions, "permit" | "cacheNotifier" | "control" | "httpServer">;

export type SitePlugs = Pick<StartSiteOptions, "httpClient" | "mergePolicy" | "updateForm">;

/** A method by which each of them is known. */
const plugMethods: Readonly<Record<keyof AppPlugs, string>> = {
  permit: "check",
  cacheNotifier: "sliceChanged",
  control: "param",
  httpServer: "listen",
};

const sitePlugNames: readonly (keyof SitePlugs)[] = ["httpClient", "mergePolicy", "updateForm"];

type MakeReader = (store: Store, schema: Schema) => IDeltaObjectsReader | Promise<IDeltaObjectsReader>;

/** Imports the application's module by its path. Rejects with Config where it cannot be, or exports something else. */
export async function importAppModule(path: string, folder: string): Promise<AppModule> {
  const { schema, topicsOf, tables = {}, reader, ...others } = await importModule(path, folder, "LiveDistModule");
  if (!hasMethod(schema, "classNamed")) throw wrong("has to export schema, which makeSchema makes");
  if (topicsOf !== undefined && typeof topicsOf !== "function") throw wrong("exports a topicsOf that is no function");
  if (typeof tables !== "object" || tables === null) throw wrong("exports tables that are no object");
  if (reader !== undefined && typeof reader !== "function" && !hasMethod(reader, "readAll")) {
    throw wrong(
      "exports a reader that is neither an IDeltaObjectsReader nor a function (store, schema) that makes one",
    );
  }
  for (const [name, method] of Object.entries(plugMethods)) {
    if (others[name] !== undefined && !hasMethod(others[name], method)) throw wrong(`exports a ${name} that is none`);
  }
  return {
    plugs: given(Object.keys(plugMethods)),
    sitePlugs: given(sitePlugNames),
    schema: schema as unknown as Schema,
    topicsOf: topicsOf as TopicsOf | undefined,
    tables: tables as AppModule["tables"],
    reader: reader as AppModule["reader"],
  };

  function given(names: readonly string[]): object {
    return Object.fromEntries(names.flatMap((name) => (others[name] === undefined ? [] : [[name, others[name]]])));
  }

  function wrong(sentence: string): LiveDistError {
    return new LiveDistError("Config", `LiveDistModule: the module ${path} ${sentence}`);
  }
}

/** Gives what reads the entities into the cache; undefined where the log alone has to do. */
export async function readerOf(
  { schema, topicsOf, tables, reader }: AppModule,
  store: Store,
): Promise<IDeltaObjectsReader | undefined> {
  if (typeof reader === "function") return reader(store, schema);
  if (reader !== undefined) return reader;
  return topicsOf && new Entities(store, schema, { topicsOf, tables });
}

function hasMethod(value: unknown, name: string): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && typeof (value as Record<string, unknown>)[name] === "function";
}

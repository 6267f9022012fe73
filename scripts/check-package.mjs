// Packs the package, installs it into an empty folder as a user would, and uses what it exports.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), "livedist-package-"));
/** Offers what better-sqlite3 was compiled to here, where no binary can be had: compiling it a second time would show nothing. */
function offerBinary() {
  const sqlite = join(root, "node_modules", "better-sqlite3");
  const binary = join("build", "Release", "better_sqlite3.node");
  if (!existsSync(join(sqlite, binary))) return {};
  const { version } = JSON.parse(readFileSync(join(sqlite, "package.json"), "utf8"));
  const isMusl = process.platform === "linux" && process.report.getReport().header.glibcVersionRuntime === undefined;
  const machine = `${process.platform}${isMusl ? "musl" : ""}-${process.arch}`;
  const archive = join(folder, `better-sqlite3-v${version}-node-v${process.versions.modules}-${machine}.tar.gz`);
  execFileSync("tar", ["-czf", archive, "-C", sqlite, binary]);
  return { npm_config_better_sqlite3_local_prebuilds: folder };
}

const run = (command, args, options = {}) => execFileSync(command, args, { cwd: folder, stdio: "inherit", ...options });

try {
  const packed = execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], {
    cwd: root,
    encoding: "utf8",
  });
  const [{ filename }] = Object.values(JSON.parse(packed));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
  run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", join(folder, filename)], {
    env: { ...process.env, ...offerBinary() },
  });
  writeFileSync(
    join(folder, "use.js"),
    `import { parseTopicsSlice, openStore, startLiveDist, deltaClass, string, makeSchema, Entities } from "livedist";
     import { Edge, HttpClient, Replica, MapCopy } from "livedist/edge";
     const City = deltaClass("City", { name: string() });
     const schema = makeSchema("v1", [City]);
     const store = await openStore("sqlite::memory:");
     await store.clients.add({ clientId: "c1", bitNumber: 0 });
     const entities = new Entities(store, schema, { topicsOf: () => ["T1"] });
     const server = await startLiveDist({ config: { LiveDistPort: 0 }, schema, store, reader: entities });
     await entities.transaction((unit) => unit.create(City, { name: "Ada" }));
     await entities.notifyDeltaServer();
     const edge = new Edge(new HttpClient({ clientId: "c1", servers: [server.url] }), { schema });
     const replica = new Replica(edge, { slice: parseTopicsSlice("T1").text, copy: new MapCopy() });
     await replica.start();
     if (replica.copy.size !== 1) throw new Error("the copy should hold one entity");
     await replica.stop();
     await edge.close();
     await server.close();
     await store.close();
     console.log("the packed package works");`,
  );
  run(process.execPath, ["use.js"]);
  run("npx", ["--no-install", "livedist", "slice", "(T2+T3*(T4+T5))*!T1", "--topics", ",T2,T4,"]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

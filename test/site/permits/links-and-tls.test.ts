import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { serveHttp } from "../../../src/http/serve-http.js";
import { startLiveDist } from "../../../src/site/start-live-dist.js";
import { startSite } from "../../../src/site/start-site.js";
import type { Site } from "../../../src/site/site.js";
import { ManualClock, settle } from "../../support/manual-clock.js";
import { openStore } from "../../../src/store/open-store.js";
import { scriptedService } from "../../http/scripted-service.js";
import { afterThis, City, Logged, schema } from "../../support/one-site.js";
import { key, staticKey } from "./token-site.js";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "livedist-permit-"));
  afterThis(() => rmSync(path, { recursive: true }));
  return path;
}

function permitFile(content: object): string {
  const path = join(folder(), "permit.json");
  writeFileSync(path, JSON.stringify(content));
  return path;
}

async function start(config: Record<string, string>): Promise<Site> {
  const store = await openStore("sqlite::memory:");
  afterThis(() => store.close());
  const common = { schema, store, environment: {}, topicsOf: () => ["large"] };
  const site = await startSite({ ...common, config: { LiveDistPort: "0", LiveDistPollMs: "20", ...config } });
  afterThis(() => site.close());
  return site;
}

/** Waits until something holds; the test's own time-out ends the wait. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}

async function countOf({ entities }: Site): Promise<number> {
  let count = 0;
  for await (const { deltaClass } of entities.list(City)) count += Number(deltaClass === City);
  return count;
}

describe("the token of a site", () => {
  it("proves itself to the father, for requests and parked connections, and opens nothing to a site without", async () => {
    const keys = [staticKey({ topics: ["large"], roles: ["site"] }, "son")];
    const father = await start({
      ...{ LiveDistSiteId: "father", LiveDistSons: "son" },
      LiveDistPermitFile: permitFile({ keys }),
    });
    const sonConfig = {
      ...{ LiveDistSiteId: "son", LiveDistFatherServers: father.server.url, LiveDistFatherTopicsSlice: "large" },
    };
    const stranger = await start(sonConfig);
    await until(() => stranger.links[0]!.state === "failed");
    expect(stranger.links[0]!.failure).toMatchObject({ code: "Permission" });
    await stranger.close();
    const son = await start({ ...sonConfig, LiveDistToken: key });
    await father.entities.transaction((unit) => unit.create(City, { name: "Lima", size: 9 }));
    await until(async () => (await countOf(son)) === 1);
    // Upwards the father asks, over a connection that the son has parked.
    await son.entities.transaction((unit) => unit.create(City, { name: "Rome", size: 9 }));
    await until(async () => (await countOf(father)) === 2);
  });

  it("proves the father to a son that has a permit", async () => {
    const keys = [staticKey({ topics: "*", roles: ["site"] }, "father-site")];
    const son = await start({
      ...{ LiveDistSiteId: "son", LiveDistPermitFile: permitFile({ keys }) },
      ...{ LiveDistFatherServers: "http://127.0.0.1:9", LiveDistFatherTopicsSlice: "large" },
    });
    await son.entities.transaction((unit) => unit.create(City, { name: "Rome", size: 9 }));
    const sons = `son=${son.server.url}`;
    const father = await start({ LiveDistSiteId: "father", LiveDistSons: sons, LiveDistSonTokens: `son=${key}` });
    await until(async () => (await countOf(father)) === 1);
  });

  it("proves a proxy to its mother, who lets nobody else read the clients", async () => {
    const store = await openStore("sqlite::memory:");
    afterThis(() => store.close());
    await store.clients.add({ clientId: "proxy", bitNumber: 0 });
    const keys = [staticKey({ topics: "*", roles: ["proxy"] }, "proxy")];
    const config = { LiveDistPort: "0", LiveDistPermitFile: permitFile({ keys }) };
    const mother = await startLiveDist({ schema, store, environment: {}, config });
    afterThis(() => mother.close());
    const proxyConfig = { LiveDistSiteName: "p", LiveDistClientId: "proxy", LiveDistMotherServers: mother.url };
    const proxy = await startLiveDist({
      ...{ schema, environment: {}, config: { ...proxyConfig, LiveDistPort: "0", LiveDistToken: key } },
    });
    afterThis(() => proxy.close());
    await until(async () => (await fetch(`${proxy.url}/readyz`)).status === 200);
  });
});

describe("a permit file", () => {
  it.each([
    ["no JSON", "{"],
    ["no object", "[]"],
    ["an unknown member", '{"key": []}'],
    ["nothing to prove with", "{}"],
    ["a key without a hash", '{"keys":[{"clientId":"c1"}]}'],
    ["keys from where anyone on the way could change them", '{"jwksUrl":"http://example.org/keys"}'],
    ["no key set", '{"jwks":{"keys":[1]}}'],
  ])("is refused with %s", async (_, text) => {
    const path = join(folder(), "permit.json");
    writeFileSync(path, text);
    const config = { LiveDistPort: "0", LiveDistPermitFile: path, LiveDistConnectionString: "sqlite::memory:" };
    await expect(startLiveDist({ schema, environment: {}, config })).rejects.toMatchObject({ code: "Config" });
  });

  it("lets a server listen beyond its own machine", async () => {
    const config = { LiveDistPort: "0", LiveDistHost: "0.0.0.0", LiveDistConnectionString: "sqlite::memory:" };
    const file = permitFile({ keys: [staticKey({ topics: "*" })] });
    await expect(startLiveDist({ schema, environment: {}, config })).rejects.toMatchObject({ code: "Config" });
    const server = await startLiveDist({ schema, environment: {}, config: { ...config, LiveDistPermitFile: file } });
    await server.close();
  });
});

describe("TLS", () => {
  /** Makes a certificate for this machine, as an operator would. */
  function makeCertificate(path: string, name: string): { certFile: string; keyFile: string } {
    const [certFile, keyFile] = [join(path, "cert.pem"), join(path, "key.pem")];
    const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"];
    execFileSync("openssl", [...args, ...subject, "-keyout", keyFile, "-out", certFile], { stdio: "ignore" });
    return { certFile, keyFile };
  }

  async function nameSeen(url: string): Promise<string> {
    const socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port), rejectUnauthorized: false });
    await once(socket, "secureConnect");
    const { CN } = socket.getPeerCertificate().subject;
    socket.destroy();
    return String(CN);
  }

  it("is spoken with the certificate of the files, and with the one that takes its place", async () => {
    const path = folder();
    const tls = makeCertificate(path, "first");
    const clock = new ManualClock();
    const logger = new Logged();
    const options = { host: "127.0.0.1", port: 0, applicationSuffix: "1", logger, tls, clock };
    const serving = await serveHttp(scriptedService(), options);
    afterThis(() => serving.close());
    expect(serving.url).toMatch(/^https:/);
    expect(await nameSeen(serving.url)).toBe("first");
    expect(serving.readings!().certificateEndsMs).toBeGreaterThan(Date.now());
    makeCertificate(path, "second");
    void clock.advance(60_000);
    while (logger.lines.length === 0) await settle();
    expect(await nameSeen(serving.url)).toBe("second");
    writeFileSync(tls.certFile, "none");
    void clock.advance(60_000);
    while (logger.errors.length === 0) await settle();
    expect(await nameSeen(serving.url)).toBe("second");
  });

  it("is refused with files that cannot be used", async () => {
    const config = {
      LiveDistPort: "0",
      LiveDistTlsCertFile: "/nowhere/cert.pem",
      LiveDistTlsKeyFile: "/nowhere/key.pem",
    };
    const all = { ...config, LiveDistConnectionString: "sqlite::memory:" };
    await expect(startLiveDist({ schema, environment: {}, config: all })).rejects.toMatchObject({ code: "Config" });
  });

  it("carries loads, streams and polls", () => {
    const { certFile, keyFile } = makeCertificate(folder(), "localhost");
    const program = join(import.meta.dirname, "tls-client.ts");
    // Who signs it is said to Node by the environment, as to any program behind an authority of one's own.
    const environment = { ...process.env, NODE_EXTRA_CA_CERTS: certFile };
    const out = execFileSync(process.execPath, ["--import", "tsx", program, certFile, keyFile], { env: environment });
    expect(out.toString().trim()).toBe("https webSocket:1,2 longPoll:2,3");
  });
});

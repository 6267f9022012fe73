import { describe, expect, it } from "vitest";
import { LiveDistError, PermissionError } from "../../src/base/errors.js";
import { PEERS_MAX } from "../../src/base/limits.js";
import { ServerList } from "../../src/edge/server-list.js";
import { networkError } from "./scripted-client.js";
import { expectCode } from "./expect-code.js";

/** Gives the servers that are asked, where those in `down` fail. */
async function asked(list: ServerList, down: Record<string, Error> = {}): Promise<string[]> {
  const urls: string[] = [];
  const asking = list.ask((url) => {
    urls.push(url);
    return down[url] ? Promise.reject(down[url]) : Promise.resolve(url);
  });
  await asking.catch((error: unknown) => expect(Object.values(down)).toContain(error));
  return urls;
}

describe("ServerList", () => {
  it("asks the server that served last, and after a failure the next one", async () => {
    const list = new ServerList(["http://a:1", "http://b:2/", "https://c/site/"]);
    expect(await asked(list)).toEqual(["http://a:1"]);
    expect(await asked(list, { "http://a:1": networkError() })).toEqual(["http://a:1", "http://b:2"]);
    expect(await asked(list)).toEqual(["http://b:2"]);
    expect(await asked(list, { "http://b:2": new LiveDistError("Closed", "restarting") })).toEqual([
      "http://b:2",
      "https://c/site",
    ]);
    expect(await asked(list, { "https://c/site": networkError() })).toEqual(["https://c/site", "http://a:1"]);
  });

  it("asks each once, and rejects with the last failure where all fail", async () => {
    const list = new ServerList(["http://a:1", "http://b:2"]);
    const last = networkError();
    expect(await asked(list, { "http://a:1": networkError(), "http://b:2": last })).toEqual([
      "http://a:1",
      "http://b:2",
    ]);
    await expect(list.ask((url) => Promise.reject(url === "http://b:2" ? last : networkError()))).rejects.toBe(last);
  });

  it("takes the answer of a server for an answer, be it an error", async () => {
    const list = new ServerList(["http://a:1", "http://b:2"]);
    expect(await asked(list, { "http://a:1": new PermissionError("no") })).toEqual(["http://a:1"]);
  });

  it("asks no further once the signal has aborted", async () => {
    const list = new ServerList(["http://a:1", "http://b:2"]);
    let count = 0;
    await expectCode(
      list.ask(() => Promise.reject(networkError(++count)), AbortSignal.abort()),
      "Network",
    );
    expect(count).toBe(1);
  });

  it("leaves a server once, however many requests failed there", async () => {
    const list = new ServerList(["http://a:1", "http://b:2", "http://c:3"]);
    list.leave("http://a:1");
    list.leave("http://a:1");
    expect(await asked(list)).toEqual(["http://b:2"]);
  });

  it("reads a node without scheme as the guide does", async () => {
    expect(await asked(new ServerList(["node"]))).toEqual(["http://node:8080"]);
    expect(await asked(new ServerList(["node:90"]))).toEqual(["http://node:90"]);
  });

  it("refuses what is no address of a server", () => {
    const wrong = [
      "",
      "ftp://a",
      "http://",
      "http://a b",
      "http://a/?x=1",
      "http://a/#x",
      "http://me:secret@a",
      "http://a:99999",
      "a/b?c",
    ];
    for (const url of wrong) {
      expect(() => new ServerList([url]), url).toThrow(expect.objectContaining({ code: "Config" }));
    }
    expect(() => new ServerList([])).toThrow(expect.objectContaining({ code: "Config" }));
    const many = Array.from({ length: PEERS_MAX + 1 }, () => "http://a");
    expect(() => new ServerList(many)).toThrow(expect.objectContaining({ code: "Limit" }));
  });
});

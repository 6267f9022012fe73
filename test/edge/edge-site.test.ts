import { describe, expect, it } from "vitest";
import { Edge } from "../../src/edge/edge.js";
import { fetchAnswer, loadAnswer, schema, stampedAnswer } from "./answers.js";
import { collect } from "./expect-code.js";
import { ScriptedClient } from "./scripted-client.js";

const epochsIn = (client: ScriptedClient): unknown[] =>
  client.requests.map((request) => [request.service, "siteEpoch" in request ? request.siteEpoch : undefined]);

describe("the Edge of a site", () => {
  it("R43: names the epoch that its log has now in each request", async () => {
    const client = new ScriptedClient();
    let epoch = "s1";
    const edge = new Edge(client, { schema, tracking: "registration", siteEpoch: () => epoch });
    client.jsonAnswers.push({ session: 4 });
    client.framesAnswers.push(stampedAnswer(5, []), fetchAnswer(5, [], 6));
    await collect(await edge.fullLoad("A"));
    epoch = "s2";
    await edge.fetchDeltas();
    expect(epochsIn(client)).toEqual([
      ["BeginSession", "s1"],
      ["FullLoad", "s1"],
      ["FetchDeltas", "s2"],
    ]);
  });

  it("R43: names it also without registration", async () => {
    const client = new ScriptedClient();
    const edge = new Edge(client, { schema, tracking: "none", siteEpoch: () => "s1" });
    client.framesAnswers.push(loadAnswer(5, []));
    await collect(await edge.fullLoad("A"));
    expect(epochsIn(client)).toEqual([["FullLoad", "s1"]]);
  });
});

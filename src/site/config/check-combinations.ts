import { LiveDistError, TopicsSliceError } from "../../base/errors.js";
import { parseTopicsSlice } from "../../topics/topics-slice.js";
import type { ConfigKeyName } from "./config-keys.js";
import type { ConfigValues } from "./config-values.js";

/** The name of the site that has the database (guide §8.1). */
const CENTER = "center";

/** Tells whether the configuration is that of a proxy (guide §8.1). */
export function isProxy({ siteName }: Pick<ConfigValues, "siteName">): boolean {
  return siteName !== CENTER;
}

/**
 * Checks keys against each other, each being right by itself. `tell` names a key with its value and place. Throws Config
 * for what contradicts itself or is not served yet without the other half.
 */
export function checkCombinations(values: ConfigValues, tell: (key: ConfigKeyName) => string): void {
  checkServers(values, tell);
  if (isProxy(values)) checkProxy(values, tell);
  else checkCenter(values, tell);
  checkTree(values, tell);
  checkSecurity(values, tell);
  checkNats(values, tell);
}

/** Rows travel between servers that read the same log and lead no links. */
function checkNats(values: ConfigValues, tell: (key: ConfigKeyName) => string): void {
  if (values.natsServers.length === 0) return;
  const reason = isProxy(values)
    ? "a proxy has its deltas from its mother, and no log in a database"
    : "the servers of a site of a tree read the log in its database";
  if (isProxy(values) || values.siteId !== undefined)
    throw new LiveDistError("Config", `${tell("LiveDistNatsServers")}: ${reason}; leave the key out`);
}

function checkSecurity(values: ConfigValues, tell: (key: ConfigKeyName) => string): void {
  const { tlsCertFile, tlsKeyFile, token, fatherServers, motherServers, sons, sonTokens } = values;
  if ((tlsCertFile === undefined) !== (tlsKeyFile === undefined)) {
    const [given, missing] =
      tlsCertFile === undefined
        ? (["LiveDistTlsKeyFile", "LiveDistTlsCertFile"] as const)
        : (["LiveDistTlsCertFile", "LiveDistTlsKeyFile"] as const);
    throw new LiveDistError("Config", `${tell(given)}: ${missing} is missing; a server that speaks https needs both`);
  }
  if (token !== undefined && fatherServers.length + motherServers.length === 0) {
    throw new LiveDistError("Config", `${tell("LiveDistToken")}: there is neither a father nor a mother to show it to`);
  }
  const stranger = sonTokens.find(({ id }) => !sons.some((son) => son.id === id));
  if (stranger !== undefined) {
    throw new LiveDistError("Config", `${tell("LiveDistSonTokens")}: ${stranger.id} is not among LiveDistSons`);
  }
}

function checkServers(values: ConfigValues, tell: (key: ConfigKeyName) => string): void {
  if (values.startDeltaServer && values.startCacheServer) return;
  const stopped = values.startDeltaServer ? "LiveDistStartCacheServer" : "LiveDistStartDeltaServer";
  const reason = whyNotAlone(values);
  if (reason !== undefined) throw new LiveDistError("Config", `${tell(stopped)}: ${reason}`);
}

/** Says why a delta server or a cache server cannot run alone; undefined where it can. */
function whyNotAlone({ startDeltaServer, startCacheServer, ...values }: ConfigValues): string | undefined {
  if (!startDeltaServer && !startCacheServer) return "with both servers off there is nothing to start";
  if (isProxy(values))
    return "a proxy keeps its log and its registrations in memory, where both servers need them; start both";
  if (values.siteId !== undefined)
    return "the neighbours of a site of a tree ask the server that leads for everything; start both";
  return undefined;
}

function checkCenter(values: ConfigValues, tell: (key: ConfigKeyName) => string): void {
  const siteName = tell("LiveDistSiteName");
  if (values.deltaUseTopicsSlice) {
    const reason = "only a proxy receives by a topics-slice from its mother (guide §8.3)";
    throw new LiveDistError("Config", `${tell("LiveDistDeltaUseTopicsSlice")} contradicts ${siteName}: ${reason}`);
  }
  if (values.motherServers.length > 0) {
    throw new LiveDistError(
      "Config",
      `${tell("LiveDistMotherServers")} contradicts ${siteName}: only a proxy has a mother`,
    );
  }
}

function checkProxy(values: ConfigValues, tell: (key: ConfigKeyName) => string): void {
  const reason = "a proxy has neither father nor sons, only a mother";
  const siteName = tell("LiveDistSiteName");
  if (values.fatherServers.length > 0) {
    throw new LiveDistError("Config", `${tell("LiveDistFatherServers")} contradicts ${siteName}: ${reason}`);
  }
  if (values.sons.length > 0) {
    throw new LiveDistError("Config", `${tell("LiveDistSons")} contradicts ${siteName}: ${reason}`);
  }
  if (values.motherServers.length === 0 || values.clientId === undefined) {
    const missing = values.clientId === undefined ? "LiveDistClientId" : "LiveDistMotherServers";
    const needs =
      "a proxy needs the servers of its mother, LiveDistMotherServers, and its ClientId there, LiveDistClientId";
    throw new LiveDistError("Config", `${siteName}: ${missing} is missing; ${needs}`);
  }
  if (!values.deltaUseTopicsSlice && values.deltaFixedTopicsInSlice.length > 0) {
    const all = "the proxy receives everything as long as LiveDistDeltaUseTopicsSlice is not true (guide §8.3)";
    throw new LiveDistError("Config", `${tell("LiveDistDeltaFixedTopicsInSlice")}: ${all}`);
  }
}

function checkTree(values: ConfigValues, tell: (key: ConfigKeyName) => string): void {
  const { siteId, fatherServers, fatherTopicsSlice, sons } = values;
  for (const key of ["LiveDistFatherServers", "LiveDistSons"] as const) {
    const isGiven = key === "LiveDistSons" ? sons.length > 0 : fatherServers.length > 0;
    if (isGiven && siteId === undefined) throw wrong(key, "a site of a tree needs a name, LiveDistSiteId");
  }
  if (sons.some(({ id }) => id === siteId)) {
    throw wrong("LiveDistSons", `the site itself, ${tell("LiveDistSiteId")}, cannot be among its sons`);
  }
  if (fatherServers.length > 0 && fatherTopicsSlice === undefined) {
    throw wrong("LiveDistFatherServers", "name what this site takes from its father, LiveDistFatherTopicsSlice");
  }
  if (fatherTopicsSlice !== undefined) checkFatherSlice(fatherTopicsSlice);

  function checkFatherSlice(text: string): void {
    if (fatherServers.length === 0)
      throw wrong("LiveDistFatherTopicsSlice", "a site without LiveDistFatherServers takes nothing");
    try {
      parseTopicsSlice(text);
    } catch (error) {
      if (!(error instanceof TopicsSliceError)) throw error;
      throw wrong("LiveDistFatherTopicsSlice", error.message);
    }
  }

  function wrong(key: ConfigKeyName, reason: string): LiveDistError {
    return new LiveDistError("Config", `${tell(key)}: ${reason}`);
  }
}

import { LiveDistError } from "../base/errors.js";

/** Makes the error for a row that cannot be added to LiveDistClients, from the row that has its ClientId or BitNumber. */
export function clientTakenError(
  taken: { readonly clientId: string; readonly bitNumber: number },
  clientId: string,
): LiveDistError {
  const isSameId = taken.clientId === clientId;
  const what = isSameId ? `ClientId ${JSON.stringify(clientId)}` : `BitNumber ${taken.bitNumber}`;
  const remedy = isSameId
    ? "remove it first, or enable or disable it"
    : `it is that of ${JSON.stringify(taken.clientId)}; choose a free one`;
  return new LiveDistError("Store", `LiveDistClients has a row with the ${what} already: ${remedy}`);
}

/** Makes the error for a ClientId that has no row. */
export function clientUnknownError(clientId: string): LiveDistError {
  return new LiveDistError("UnknownClient", `LiveDistClients has no row with the ClientId ${JSON.stringify(clientId)}`);
}

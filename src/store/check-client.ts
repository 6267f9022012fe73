import { LiveDistError } from "../base/errors.js";
import { CLIENT_ID_LENGTH_MAX } from "../base/limits.js";

const BIT_NUMBER_MAX = 63;

/** Throws Store where a row cannot stand in LiveDistClients (guide §2.7), saying which column is wrong. */
export function checkClient({ clientId, bitNumber }: { clientId: string; bitNumber: number }): void {
  if (typeof clientId !== "string" || clientId === "" || clientId.length > CLIENT_ID_LENGTH_MAX) {
    throw new LiveDistError("Store", `ClientId has to have 1 to ${CLIENT_ID_LENGTH_MAX} characters`);
  }
  if (!Number.isInteger(bitNumber) || bitNumber < 0 || bitNumber > BIT_NUMBER_MAX) {
    throw new LiveDistError(
      "Store",
      `BitNumber has to be a whole number from 0 to ${BIT_NUMBER_MAX}, not ${bitNumber}`,
    );
  }
}

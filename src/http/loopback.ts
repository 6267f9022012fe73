import { BlockList, isIP } from "node:net";
import { LiveDistError } from "../base/errors.js";
import { allowAll, type IPermit } from "../plugs/permit.js";

const loopbackAddresses = new BlockList();
loopbackAddresses.addSubnet("127.0.0.0", 8, "ipv4");
loopbackAddresses.addAddress("::1", "ipv6");

/** Tells whether a host reaches this machine only: 127.0.0.0/8, ::1 or localhost. An IPv6 address stands without brackets. */
export function isLoopback(host: string): boolean {
  switch (isIP(host)) {
    case 4:
      return loopbackAddresses.check(host, "ipv4");
    case 6:
      return loopbackAddresses.check(host, "ipv6");
    default:
      return host.toLowerCase() === "localhost";
  }
}

/** Throws Config where a server would listen beyond this machine without a permit that decides who may see what (guide §5.6). */
export function checkLoopback(host: string, permit: IPermit = allowAll): void {
  if (permit !== allowAll || isLoopback(host)) return;
  throw new LiveDistError(
    "Config",
    `without a permit the server listens on loopback only: set LiveDistHost to 127.0.0.1, ::1 or localhost, not "${host}"`,
  );
}

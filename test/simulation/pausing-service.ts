import type { LiveDistService } from "../../src/wire/live-dist-service.js";
import type { SimulatedProcess } from "./simulated-process.js";

/** Gives a service that begins with no request while its process stands still. */
export function pausingService(service: LiveDistService, process: SimulatedProcess): LiveDistService {
  return new Proxy(service, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      const method = (value as (...given: unknown[]) => unknown).bind(target);
      if (name === "status" || name === "notify") return method;
      return (...given: unknown[]) =>
        process.isPaused ? process.awake().then(() => method(...given)) : method(...given);
    },
  });
}

import { whenAborted } from "../base/when-aborted.js";
import type { LiveDistService } from "../wire/live-dist-service.js";
import type { FetchDeltasRequest } from "../wire/requests.js";
import type { ServedSocket } from "./served-socket.js";
import type { StreamSender } from "./stream-sender.js";

/** Answers FetchDeltas with a stream: HEAD and then batches, without end. Rejects where there is none. */
export async function streamDeltas(
  service: LiveDistService,
  request: FetchDeltasRequest,
  socket: ServedSocket,
  sender: StreamSender,
): Promise<void> {
  const stream = await service.openStream(request, socket.signal);
  // Nothing is asked for a client that does not acknowledge: so it would never hear of the end.
  whenAborted(stream.ended, (reason) => socket.end(reason));
  sender.begin(stream);
}

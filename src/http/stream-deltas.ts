import { whenAborted } from "../base/when-aborted.js";
import type { LiveDistService } from "../wire/live-dist-service.js";
import type { FetchDeltasRequest } from "../wire/requests.js";
import type { FlowSender } from "./flow-sender.js";
import type { ServedSocket } from "./served-socket.js";

/** Answers FetchDeltas with a stream: HEAD and then batches, without end. Rejects with what ends it. */
export async function streamDeltas(
  service: LiveDistService,
  request: FetchDeltasRequest,
  socket: ServedSocket,
  sender: FlowSender,
): Promise<void> {
  const stream = await service.openStream(request, socket.signal);
  // Nothing is asked for a client that does not acknowledge: so it would never hear of the end.
  whenAborted(stream.ended, (reason) => socket.end(reason));
  // What came before can only be the position that the request names.
  sender.onAcknowledged((sequence) => stream.acknowledged?.(sequence));
  await socket.send([stream.head]);
  for (;;) {
    await sender.room();
    await sender.send(await stream.next());
  }
}

import type { DeltaStream, StreamBatch } from "./live-dist-service.js";

/**
 * Waits for the next batch of a stream, for who would rather await than be called back. Rejects with what the stream has ended
 * with. Call it again only when it has settled.
 */
export function nextBatch(stream: DeltaStream): Promise<StreamBatch> {
  return new Promise((resolve, reject) => {
    let isSettled = false;
    const attempt = (): void => {
      if (isSettled) return;
      try {
        const batch = stream.take();
        if (batch === undefined) return;
        resolve(batch);
      } catch (error) {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- passed on as it was thrown
        reject(error);
      }
      isSettled = true;
    };
    stream.onMore(attempt);
    attempt();
  });
}

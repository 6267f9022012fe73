/** What has to be undone, last first, however the example ends. */
export type CleanUp = (() => Promise<void> | void)[];

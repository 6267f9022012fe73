/** What happened, for people who run a server. Fields are plain data; messages are constant sentences. */
export interface Logger {
  debug(fields: Record<string, unknown>, message: string): void;
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

const ignore = (): void => undefined;

/** Says nothing: what the library uses until it is given a logger (a pino logger fits as it is). */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

const FORM = /^(\d\d)\/(\d\d)\/(\d{4}) (\d\d:\d\d:\d\d)$/;

/** Reads `dd/mm/yyyy hh:mm:ss` (UTC) as milliseconds since 1970-01-01; undefined where there is no such time, as on 31/02. */
export function absoluteTimeMs(text: string): number | undefined {
  const [, day, month, year, time] = FORM.exec(text) ?? [];
  const timeMs = Date.parse(`${year}-${month}-${day}T${time}Z`);
  // Date.parse rolls some impossible times over into the next day or month; these do not come back as they were.
  return !Number.isNaN(timeMs) && formatAbsoluteTime(timeMs) === text ? timeMs : undefined;
}

/** Writes milliseconds since 1970-01-01 as `dd/mm/yyyy hh:mm:ss` (UTC). */
export function formatAbsoluteTime(timeMs: number): string {
  const [date = "", time = ""] = new Date(timeMs).toISOString().split("T");
  return `${date.split("-").reverse().join("/")} ${time.slice(0, 8)}`;
}

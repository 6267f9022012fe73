const whole = new Intl.NumberFormat("en");
const rough = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const byteUnits = ["B", "KB", "MB", "GB", "TB"];

export function formatCount(value: number | undefined): string {
  return value === undefined ? "–" : whole.format(value);
}

export function formatRate(value: number | undefined): string {
  if (value === undefined) return "–";
  return value >= 100 ? whole.format(Math.round(value)) : rough.format(value);
}

export function formatBytes(value: number | undefined): string {
  if (value === undefined) return "–";
  let left = value;
  let unit = 0;
  for (; left >= 1_000 && unit < byteUnits.length - 1; unit++) left /= 1_000;
  return `${rough.format(left)} ${byteUnits[unit]!}`;
}

/** Formats a length of time: "12 ms", "4.2 s", "3 min", "5 h". */
export function formatMs(value: number | undefined): string {
  if (value === undefined) return "–";
  if (value < 1_000) return `${rough.format(value)} ms`;
  if (value < 120_000) return `${rough.format(value / 1_000)} s`;
  if (value < 7_200_000) return `${whole.format(Math.round(value / 60_000))} min`;
  return `${whole.format(Math.round(value / 3_600_000))} h`;
}

/** Formats a moment as this machine's time of day, with its date where it is not today's. */
export function formatTime(ms: number): string {
  const date = new Date(ms);
  const time = date.toLocaleTimeString("en-GB");
  return date.toDateString() === new Date().toDateString() ? time : `${date.toISOString().slice(0, 10)} ${time}`;
}

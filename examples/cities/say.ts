/** Writes a line for the person who watches. */
export function say(line = ""): void {
  process.stdout.write(`${line}\n`);
}

/** Writes a number as 135,233. */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** Writes bytes as 1.6 MB, or as 98 kB where they are few. */
export function size(bytes: number): string {
  return bytes >= 1_000_000 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${(bytes / 1_000).toFixed(1)} kB`;
}

/** Writes milliseconds as 8.2 s, or as 35 ms where they are few. */
export function duration(ms: number): string {
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}

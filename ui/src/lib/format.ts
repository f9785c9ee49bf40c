// Numbers and times as people read them. Data times have no zone, so everything is shown in UTC.
export const number = (value: number | null | undefined, digits = 3) =>
  value === null || value === undefined || Number.isNaN(value) ? "–" : value.toFixed(digits);

export const count = (value: number) => value.toLocaleString("en-US");

export const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);

// Runs made in the same minute begin alike: the last digits tell them apart.
export const shortId = (id: string) => id.slice(-8);
export const minute = (ms: number) => new Date(ms).toISOString().slice(0, 16).replace("T", " ");

export function duration(ms: number) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

export function ago(ms: number, now = Date.now()) {
  const seconds = Math.max(0, (now - ms) / 1000);
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return day(ms);
}

export function bytes(size: number) {
  const units = ["B", "kB", "MB", "GB"];
  let unit = 0;
  for (; size >= 1000 && unit < units.length - 1; ++unit) size /= 1000;
  return `${size.toFixed(unit === 0 ? 0 : 1)} ${units[unit]}`;
}

// A metric of any size in a few characters.
export function compact(value: number) {
  if (Number.isNaN(value)) return "NaN";
  if (Math.abs(value) >= Number.MAX_VALUE) return value > 0 ? "Infinity" : "-Infinity";
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return value.toLocaleString("en-US");
  const size = Math.abs(value);
  return size >= 1e6 || size < 1e-4 ? value.toExponential(3) : String(Number(value.toPrecision(5)));
}

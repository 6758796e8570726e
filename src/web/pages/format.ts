/** Bytes for people, in powers of 1 000 as disks and networks count: `0 B`, `999 B`, `1.2 kB`, `34 MB`. */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = count;
  let unit = 0;
  while (unit < units.length - 1 && Number(value.toPrecision(3)) >= 1_000) {
    value /= 1_000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits).replace(/\.0$/, "")} ${units[unit]}`;
}

/** A count for people: `12 430`, with spaces that do not break. */
export function count(value: number): string {
  return String(Math.round(value)).replaceAll(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** A count and its noun: `1 file`, `2 files`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Words as they begin a sentence. */
export function capital(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

/** A round trip: `0.4 ms`, `12 ms`, `1.3 s`. */
export function roundTrip(ms: number): string {
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${ms < 10 ? ms.toFixed(1).replace(/\.0$/, "") : Math.round(ms)} ms`;
}

/** How long a download still takes; null where nobody knows. */
export function remaining(bytesLeft: number, rate: number): string | null {
  return rate <= 0 || bytesLeft <= 0 ? null : lasting((bytesLeft / rate) * 1_000);
}

/** How long something takes, rounded up: `5 s`, `3 min`, `2 h 10 min`, `3 days`. */
export function lasting(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.round(hours / 24)} days`;
}

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const FULL = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "medium" });

/** A time for people, as short as its nearness allows, in this machine's time zone. */
export function when(time: number, now: number): { short: string; full: string; iso: string } {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return { short: "unknown", full: "unknown", iso: "" };
  const today = new Date(now);
  const sameYear = date.getFullYear() === today.getFullYear();
  const sameDay = sameYear && date.getMonth() === today.getMonth() && date.getDate() === today.getDate();
  const short = sameDay ? CLOCK.format(date) : sameYear ? DAY.format(date) : DATE.format(date);
  return { short, full: FULL.format(date), iso: date.toISOString() };
}

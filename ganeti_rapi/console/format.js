// Values as people read them: sizes in units, times in the reader's zone.

/** MiB with a unit. */
export function size(mib) {
  if (mib === null || mib === undefined || Number.isNaN(mib)) return "–";
  const units = ["MiB", "GiB", "TiB", "PiB"];
  let value = mib, unit = 0;
  while (Math.abs(value) >= 1024 && unit < units.length - 1) { value /= 1024; unit += 1; }
  return `${value >= 100 || Number.isInteger(value) ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** MiB of a text such as 512, 512M, 2G or 1.5 TiB; NaN for what is none. */
export function mib(text) {
  const match = /^\s*([\d.]+)\s*([kmgt]?)(i?b)?\s*$/i.exec(text);
  if (!match) return NaN;
  return Math.round(Number(match[1]) * { "": 1, k: 1 / 1024, m: 1, g: 1024, t: 1024 ** 2 }[match[2].toLowerCase()]);
}

/** Milliseconds since the epoch, of Ganeti's pair or number of seconds. */
export function millis(stamp) {
  if (stamp === null || stamp === undefined) return null;
  return Array.isArray(stamp) ? stamp[0] * 1000 + stamp[1] / 1000 : stamp * 1000;
}

const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dateAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** A time of day, with the day where it is not today. */
export function when(ms) {
  if (ms === null) return "–";
  const date = new Date(ms);
  return date.toDateString() === new Date().toDateString() ? time.format(date) : dateAndTime.format(date);
}

export const exactly = (ms) => (ms === null ? "–" : dateAndTime.format(new Date(ms)));

/** How long something took. */
export function lasting(ms) {
  if (ms === null || Number.isNaN(ms)) return "–";
  const seconds = Math.max(0, ms / 1000);
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

export const ago = (ms) => (ms === null ? "–" : `${lasting(Date.now() - ms)} ago`);
export const short = (name) => (name ?? "").split(".")[0];
export const percent = (part, whole) => (whole > 0 ? Math.min(100, Math.max(0, (100 * part) / whole)) : 0);

/** A value of any shape in one line. */
export function plain(value) {
  if (value === null || value === undefined) return "–";
  if (value === true) return "yes";
  if (value === false) return "no";
  if (value === "") return "(empty)";
  if (Array.isArray(value)) return value.map(plain).join(", ") || "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

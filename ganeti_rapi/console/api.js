// The public API, and nothing else. Its place is found from the page's own, whatever a proxy's prefix.

export const BASE = new URL("../", document.baseURI);

/** What the server said instead of an answer; `status` 0 where it said nothing. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Who is logged in, and what they may. */
export const session = { user: null, permissions: new Set(), scoped: new Set(), csrf: null, end: null };

/** Told when the server does not know us any more. */
export const onSignedOut = new Set();

export const may = (permission) => session.permissions.has(permission);

function take(told) {
  const known = session.user;
  Object.assign(session, told, { permissions: new Set(told.permissions), scoped: new Set(told.scoped) });
  if (known && !session.user) for (const listener of onSignedOut) listener();
  return session;
}

export const readSession = async () => take(await call("GET", "2/session"));
export const login = async (name, password) => take(await call("POST", "2/session", { name, password }));
export async function logout() {
  const told = await call("DELETE", "2/session");
  session.user = null; // no surprise: nobody is to be asked to log in again
  return take(told);
}

let reads = new AbortController();

/** Nothing is read until `startReads`: nobody looks. */
export const stopReads = () => reads.abort();
export function startReads() { reads = new AbortController(); }

export const get = (path) => call("GET", path);

/** The last event that was heard of: what is read because of it need not be newer, which spares luxid. */
export const heard = { id: null };

/** A write, or a read with a body; of one, `since` says which event it must be newer than. */
export async function call(method, path, body, since = null) {
  const headers = { "X-CSRF-Token": session.csrf ?? "" };
  if (since) headers["Last-Event-ID"] = since;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let reply;
  try {
    reply = await fetch(new URL(path, BASE), {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body),
      signal: method === "GET" && path !== "2/session" ? reads.signal : undefined,
    });
  } catch {
    throw new ApiError(0, "The server does not answer. It may be restarting; try again in a moment.");
  }
  const text = await reply.text();
  let value = null;
  try {
    value = text ? JSON.parse(text) : null;
  } catch {
    throw new ApiError(reply.status, `The server, or a proxy before it, answered ${reply.status} and no JSON.`);
  }
  if (reply.ok) return value;
  if (reply.status === 401 && session.user && path !== "2/session") {
    readSession().catch(() => {});
  }
  throw new ApiError(reply.status, reasonOf(reply.status, value));
}

/** What an error says to people: of what is not there, the explanation says what. */
function reasonOf(status, value) {
  if (value?.explain && value.message === "Unauthorized") return "This takes a login.";
  const [, missing] = value?.explain?.split("Nothing matches the given URI: ") ?? [];
  return missing ?? value?.message ?? `The server answered ${status}.`;
}

/** A path with its parts in place, each quoted. */
export const pathOf = (template, items) =>
  template.replace(/^\//, "").replace(/{(\w+)}/g, (_, name) => encodeURIComponent(items[name]));

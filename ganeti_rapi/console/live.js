// The event stream: what happened becomes what is read again. Nothing is asked for by the clock.

import { BASE, heard, may, readSession } from "./api.js";
import { changed, cluster, jobOf, load, needCluster, reload, reloadJobs, rows, takeJob } from "./store.js";

const FINAL = new Set(["success", "error", "canceled"]);
const KINDS = ["instance", "node", "group", "network", "cluster", "filter", "job"];
// Events of objects are called by their kind; where there are none, those of jobs by what happened.
const NAMES = ["submitted", "changed", "finished", ...KINDS];
const GATHER = 10; // milliseconds, so that many events are one question

export const connection = { state: "connecting" };
const watchers = new Set();
export const onConnection = (watcher) => watchers.add(watcher);

let source = null, again = null, delay = 1000;

/** Follow the cluster; `document` is openapi.json, which tells whether there are events of objects. */
export function follow(document) {
  stop();
  if (!may("events.read")) return;
  const parameters = document?.paths?.["/2/events"]?.get?.parameters ?? [];
  const url = new URL("2/events", BASE);
  if (parameters.some((parameter) => parameter.name === "kind")) url.searchParams.set("kind", KINDS.join(","));
  open(url);
}

function open(url) {
  source = new EventSource(url);
  source.onopen = () => {
    if (connection.state === "lost") catchUp();
    delay = 1000;
    tell("open");
  };
  source.onerror = () => {
    tell("lost");
    if (source.readyState === EventSource.CLOSED) { // it does not come back by itself
      clearTimeout(again);
      again = setTimeout(async () => {
        try {
          await readSession(); // the server may know us no more, which shows the login
          if (may("events.read")) open(url);
        } catch {
          again = setTimeout(() => open(url), delay);
        }
      }, delay);
      delay = Math.min(delay * 2, 15000);
    }
  };
  source.addEventListener("reset", catchUp);
  for (const name of NAMES) {
    source.addEventListener(name, (event) => {
      heard.id = event.lastEventId;
      take(event.data);
    });
  }
}

export function stop() {
  clearTimeout(again);
  source?.close();
  source = null;
}

function tell(state) {
  if (connection.state === state) return;
  connection.state = state;
  for (const watcher of watchers) watcher(state);
}

/** Something may have been missed: all that is known is read again. */
function catchUp() {
  for (const kind of Object.keys(rows)) if (rows[kind]) load(kind);
  if (cluster.info) { cluster.info = null; needCluster(); }
}

function take(text) {
  let data;
  try { data = JSON.parse(text); } catch { return; }
  if (!data || typeof data !== "object") return;
  if (data.kind === "job") return gather("job", Number(data.name));
  if (data.kind) return objectChanged(data);
  takeJob(jobOf(data));
  if (FINAL.has(data.status)) jobEnded(data.summary);
}

function objectChanged({ kind, name, change }) {
  if (kind === "cluster") { cluster.info = null; return void needCluster(); }
  if (kind === "filter") return gather("filter", null);
  if (change === "removed" && rows[kind]?.delete(name)) return changed(kind);
  gather(kind, name);
}

async function readJobs(ids) {
  for (const job of await reloadJobs(ids)) if (FINAL.has(job.status)) jobEnded(job.summary);
}

const WHOLE = {
  GROUP: ["group", "node"], NETWORK: ["network", "group"], NODE: ["node", "instance", "group"],
  CLUSTER: ["instance", "node"], TAGS: ["instance", "node", "group", "network"],
};

/** A job has ended: what it touched is read again. */
function jobEnded(summary) {
  for (const text of summary) {
    const [, family, name] = /^([A-Z]+)_?\w*(?:\((.*)\))?$/s.exec(text) ?? [];
    if (family === "INSTANCE" || family === "BACKUP") {
      const changesPlaces = /MULTI_ALLOC|RENAME|CREATE|REMOVE|MIGRATE|FAILOVER|MOVE|CHANGE_GROUP/.test(text);
      gather("instance", /MULTI_ALLOC|RENAME/.test(text) ? null : name);
      if (changesPlaces || /STARTUP|SHUTDOWN/.test(text)) gather("node", null);
      if (changesPlaces) gather("network", null);
    } else {
      for (const kind of WHOLE[family] ?? []) gather(kind, null);
      if (family === "CLUSTER" || family === "TAGS") { cluster.info = null; changed("cluster"); }
    }
  }
}

const gathered = new Map();

function gather(kind, name) {
  if (!rows[kind] && kind !== "job") return;
  if (!gathered.size) setTimeout(readGathered, GATHER);
  const names = gathered.get(kind) ?? new Set();
  gathered.set(kind, name === null || names === "all" ? "all" : names.add(name));
}

function readGathered() {
  const all = [...gathered];
  gathered.clear();
  for (const [kind, names] of all) {
    if (kind === "job") readJobs([...names]);
    else if (names === "all" || names.size > 100) load(kind, heard.id);
    else reload(kind, [...names]);
  }
}

// What the console knows of the cluster: rows by name for each kind, read again as events tell.

import { call, get, heard, may } from "./api.js";
import { millis } from "./format.js";

/** Rows of each kind by name; null until they were read once. */
export const rows = { instance: null, node: null, group: null, network: null, filter: null, job: null };
/** Why a kind could not be read, if it could not. */
export const failures = {};
/** The kinds of which only the first rows are known yet. */
export const partial = new Set();
export const cluster = { info: null, os: null };

const listeners = new Set();
let told = null;

/** Call this with the set of kinds that changed; what it returns takes the listener away. */
export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function changed(kind) {
  if (told) return void told.add(kind);
  told = new Set([kind]);
  queueMicrotask(() => {
    const kinds = told;
    told = null;
    for (const listener of [...listeners]) listener(kinds);
  });
}

// A field of Ganeti's and what a row calls it. The live ones cost a question to every node.
const FIELDS = {
  instance: {
    fixed: { name: "name", uuid: "uuid", admin_state: "admin", pnode: "pnode", snodes: "snodes",
      "pnode.group": "group", os: "os", hypervisor: "hypervisor", disk_template: "template",
      disk_usage: "disk", "be/maxmem": "memory", "be/vcpus": "vcpus", "nic.ips": "ips", tags: "tags" },
    live: { name: "name", status: "status" },
  },
  node: {
    fixed: { name: "name", role: "role", group: "group", pinst_cnt: "primaries", sinst_cnt: "secondaries", pip: "ip",
      tags: "tags", master_candidate: "candidate", drained: "drained", offline: "offline" },
    live: { name: "name", mtotal: "mtotal", mfree: "mfree", dtotal: "dtotal", dfree: "dfree", ctotal: "cpus" },
  },
};

const LISTS = {
  instance: ["2/instances?bulk=1", (o) => ({ name: o.name, uuid: o.uuid, admin: o.admin_state, status: o.status, pnode: o.pnode,
    snodes: o.snodes, os: o.os, hypervisor: o.hypervisor, template: o.disk_template, disk: o.disk_usage,
    memory: o.beparams?.maxmem ?? o.beparams?.memory, vcpus: o.beparams?.vcpus, ips: o["nic.ips"], tags: o.tags ?? [] })],
  node: ["2/nodes?bulk=1", (o) => ({ name: o.name, role: o.role, ip: o.pip, primaries: o.pinst_cnt, secondaries: o.sinst_cnt,
    mtotal: o.mtotal, mfree: o.mfree, dtotal: o.dtotal, dfree: o.dfree, cpus: o.ctotal, tags: o.tags ?? [],
    group: o["group.uuid"], drained: o.drained, offline: o.offline })],
  group: ["2/groups?bulk=1", (o) => o],
  network: ["2/networks?bulk=1", (o) => o],
  filter: ["2/filters?bulk=1", (o) => ({ ...o, name: o.uuid })],
};

const JOB_FIELDS = ["id", "status", "summary", "received_ts", "start_ts", "end_ts"];

async function query(kind, fields, names, since) {
  // By names alone luxid finds objects without a look at the others; but of what is not there, as a new instance is
  // not yet, that is 404. Of jobs it is a row without values.
  const found = names && ["|", ...names.map((name) => ["=", kind === "job" ? "id" : "name", name])];
  const qfilter = !names || kind === "job" || names.every((name) => rows[kind]?.has(name)) ? found : ["&", found];
  const reply = qfilter
    ? await call("PUT", `2/query/${kind}`, { fields, qfilter }, since)
    : await call("GET", `2/query/${kind}?fields=${fields.join(",")}`, undefined, since);
  return reply.data.map((row) => row.map(([status, value]) => (status === 0 ? value : null)));
}

async function readPart(kind, part, names, since) {
  const fields = FIELDS[kind][part], keys = Object.values(fields);
  const data = await query(kind, Object.keys(fields), names, since);
  return data.map((values) => Object.fromEntries(values.map((value, i) => [keys[i], value])));
}

function take(kind, found, { whole = false, names = null } = {}) {
  const known = rows[kind] ?? new Map();
  const next = whole ? new Map() : known;
  for (const row of found) next.set(row.name, { ...known.get(row.name), ...row });
  const seen = names && new Set(found.map((row) => row.name));
  for (const name of names ?? []) if (!seen.has(name)) next.delete(name);
  rows[kind] = next;
  delete failures[kind];
  changed(kind);
}

async function guarded(kind, work) {
  try {
    await work();
  } catch (error) {
    failures[kind] = error;
    changed(kind);
  }
}

const FIRST = 200; // rows: more than a screen has, and quickly there

/** The first rows of many, for who waits. Gives whether there are more. */
async function readFirst(kind) {
  const fields = Object.entries(FIELDS[kind].fixed);
  const found = await get(`2/${kind}s?fields=${fields.map(([field]) => field).join(",")}&limit=${FIRST}`);
  if (found.length === FIRST) partial.add(kind);
  take(kind, found.map((row) => Object.fromEntries(fields.map(([field, key]) => [key, row[field] ?? null]))), { whole: true });
  return partial.has(kind);
}

/**
 * Read all of a kind: first what is cheap, and then what the nodes must be asked for. `since` is the event because of
 * which it is read.
 */
export const load = (kind, since) => guarded(kind, async () => {
  if (kind === "job") return readJobs();
  if (FIELDS[kind] && may("query.all")) {
    if (rows[kind] || await readFirst(kind)) {
      const found = await readPart(kind, "fixed", null, since);
      partial.delete(kind);
      take(kind, found, { whole: true });
    }
    later(kind, since);
  } else {
    const [path, read] = LISTS[kind];
    take(kind, (await call("GET", path, undefined, since)).map(read), { whole: true });
  }
});

const waiting = new Set();

/** The live part, when the page has been drawn. */
function later(kind, since) {
  if (waiting.has(kind)) return;
  waiting.add(kind);
  const begun = generation;
  setTimeout(() => guarded(kind, async () => {
    waiting.delete(kind);
    if (begun !== generation) return;
    const found = await readPart(kind, "live", null, since);
    if (begun === generation) take(kind, found.filter((row) => rows[kind]?.has(row.name)));
  }), 50);
}

/** Read some objects of a kind again, because of an event; those that are gone go. */
export const reload = (kind, names) => guarded(kind, async () => {
  if (!rows[kind]) return;
  if (!FIELDS[kind] || !may("query.all")) return load(kind, heard.id);
  const [fixed, live] = await Promise.all(["fixed", "live"].map((part) => readPart(kind, part, names, heard.id)));
  take(kind, fixed, { names });
  take(kind, live.filter((row) => rows[kind].has(row.name)));
});

/** Make sure that kinds were read at least once. */
const loading = {};
export function need(...kinds) {
  return Promise.all(kinds.map((kind) => {
    if (rows[kind]) return null;
    loading[kind] ??= load(kind).finally(() => delete loading[kind]);
    return loading[kind];
  }));
}

/** How often all was forgotten: what was begun before another login is not gone on with. */
export let generation = 0;

export function forget() {
  generation += 1;
  for (const kind of Object.keys(rows)) { rows[kind] = null; delete failures[kind]; }
  partial.clear();
  cluster.info = cluster.os = null;
}

export const jobOf = (told) => ({
  id: told.id, status: told.status, summary: told.summary ?? [],
  received: millis(told.received_ts), start: millis(told.start_ts), end: millis(told.end_ts),
});

async function readJobs() {
  let found;
  if (may("query.all") && may("jobs.list")) {
    const data = await query("job", JOB_FIELDS);
    found = data.map((values) => jobOf(Object.fromEntries(values.map((value, i) => [JOB_FIELDS[i], value]))));
  } else {
    found = (await get("2/jobs?bulk=1")).map(jobOf);
  }
  const next = new Map(found.map((job) => [job.id, job]));
  for (const [id, job] of rows.job ?? []) if (!next.has(id) && job.id > Math.max(0, ...next.keys())) next.set(id, job);
  rows.job = next;
  delete failures.job;
  changed("job");
}

/** Read some jobs again, because of an event; gives what they are now. */
export async function reloadJobs(ids) {
  try {
    const found = may("query.all")
      ? (await query("job", JOB_FIELDS, ids, heard.id)).map((values) => Object.fromEntries(values.map((value, i) => [JOB_FIELDS[i], value]))).filter((job) => job.status)
      : await Promise.all(ids.map((id) => get(`2/jobs/${id}`)));
    const jobs = found.map(jobOf);
    jobs.forEach(takeJob);
    return jobs;
  } catch (error) {
    failures.job = error;
    changed("job");
    return [];
  }
}

export function takeJob(job) {
  rows.job ??= new Map();
  rows.job.set(job.id, job);
  changed("job");
}

/** The cluster's own facts, once. */
export async function needCluster() {
  try {
    if (!cluster.info && may("cluster.info")) { cluster.info = await get("2/info"); changed("cluster"); }
  } catch (error) { failures.cluster = error; changed("cluster"); }
}

export async function needOs() {
  cluster.os ??= await get("2/os");
  return cluster.os;
}

export const stateOf = (instance) => instance.status ?? instance.admin;

// The jobs, and one of them with its log as it grows.

import { BASE, get, may, call } from "../api.js";
import { h, put } from "../dom.js";
import { exactly, lasting, millis, plain, when } from "../format.js";
import { api, asCurl, asRapi, ask, requestOf } from "../operations.js";
import { button, card, copy, facts, failure, jobLink, jobState, menu, toast } from "../parts.js";
import { failures, need, rows } from "../store.js";
import { Table } from "../table.js";
import { JOB_STATES, T, jobTitle } from "../texts.js";

const COLUMNS = [
  { id: "id", title: "Job", value: (r) => r.id, width: "80px", class: "number" },
  { id: "status", title: "State", names: ["state"], value: (r) => JOB_STATES[r.status]?.[0] ?? r.status, search: (r) => [r.status, JOB_STATES[r.status]?.[0]], show: (r) => jobState(r.status), width: "150px" },
  { id: "what", title: "What", value: (r) => jobTitle(r.summary), search: (r) => [jobTitle(r.summary), ...r.summary], show: jobLink, width: "minmax(180px, 3fr)" },
  { id: "received", title: "Submitted", value: (r) => r.received, show: (r) => when(r.received), width: "170px", least: 620, searched: false },
  { id: "took", title: "Took", value: (r) => (r.end ? r.end - (r.start ?? r.received) : null), show: (r) => (r.end ? lasting(r.end - (r.start ?? r.received)) : "–"), width: "90px", class: "number", least: 760, searched: false },
];

function listPage({ query }) {
  const table = new Table({ columns: COLUMNS, key: (row) => row.id, label: "Jobs", sort: { id: "id", down: true }, open: (row) => { location.hash = `#/jobs/${row.id}`; } });
  const trouble = h("div"), count = h("span", { class: "muted count" });
  const filter = h("input", { type: "search", class: "filter", placeholder: "Words, or conditions such as  status=error", "aria-label": "Filter the jobs", value: query.get("q") ?? "",
    oninput: () => { history.replaceState(null, "", filter.value ? `#/jobs?q=${encodeURIComponent(filter.value)}` : "#/jobs"); table.setFilter(filter.value); } });
  function update(kinds) {
    if (!kinds.has("job")) return;
    put(trouble, failures.job && failure(failures.job));
    table.setRows([...(rows.job?.values() ?? [])]);
    count.textContent = `${table.rows.length}`;
  }
  need("job");
  table.setFilter(filter.value);
  update(new Set(["job"]));
  return { element: h("div", { class: "page list" }, h("div", { class: "title-row" }, h("h1", {}, "Jobs"), count, filter), trouble, table.element), update,
    leave: () => table.leave(), shown: () => { table.drawHead(); table.draw(); } };
}

const FINAL = new Set(["success", "error", "canceled"]);

function jobPage(id) {
  const element = h("div", { class: "page" });
  const log = h("div", { class: "log", role: "log", tabindex: 0, "aria-label": "Log of the job" });
  let job = null, problem = null, source = null;
  const seen = new Set();

  function line([serial, stamp, type, message]) {
    if (seen.has(serial)) return;
    seen.add(serial);
    const text = typeof message === "string" ? message : Array.isArray(message) ? message.map(plain).join(" ") : plain(message);
    const follows = log.scrollTop + log.clientHeight > log.scrollHeight - 40;
    log.append(h("div", { class: `log-line ${/^ *(- )?(error|failure)/i.test(text) ? "bad" : /^ *(- )?warning/i.test(text) ? "warn" : ""}` }, h("time", {}, when(millis(stamp))), h("span", {}, text)));
    if (follows) log.scrollTop = log.scrollHeight;
  }

  async function read() {
    try {
      job = await get(`2/jobs/${encodeURIComponent(id)}`);
      for (const [i, entries] of (job.oplog ?? []).entries()) for (const entry of entries) line(entry, i);
    } catch (error) { problem = error; }
    draw();
    if (job && !FINAL.has(job.status) && !source && may("jobs.query")) follow();
  }

  function follow() {
    source = new EventSource(new URL(`2/jobs/${encodeURIComponent(id)}/events`, BASE));
    const take = (event) => {
      const data = JSON.parse(event.data);
      job = { ...job, status: data.status, opstatus: data.opstatus };
      data.log_entries.forEach(line);
      if (event.type === "finished") { source.close(); read(); } else draw();
    };
    source.addEventListener("changed", take);
    source.addEventListener("finished", take);
  }

  const failureOf = (result) => (Array.isArray(result) ? `${result[0]}: ${[result[1]].flat(2).map(plain).join(" – ")}` : plain(result));

  function draw() {
    if (problem) return void put(element, h("h1", {}, `Job ${id}`), failure(problem));
    if (!job) return void put(element, h("h1", {}, `Job ${id}`), h("p", { class: "muted" }, "Reading …"));
    const [received, start, end] = [job.received_ts, job.start_ts, job.end_ts].map(millis);
    const scroll = log.scrollTop;
    put(element, h("p", { class: "crumbs" }, h("a", { href: "#/jobs" }, "Jobs"), ` / ${job.id}`),
      h("div", { class: "title-row" }, h("h1", {}, jobTitle(job.summary)), jobState(job.status), h("span", { class: "spring" }),
        !FINAL.has(job.status) && may("jobs.cancel") && button("Cancel the job", "close", cancel, { class: "danger" }),
        button("Copy the log", "copy", () => copy(log.innerText), { class: "quiet" }), again()),
      job.status === "error" && (job.opresult ?? []).map((result, i) => job.opstatus[i] === "error" && failure({ message: failureOf(result) })),
      h("div", { class: "columns" },
        card("Log", seen.size > 0 && log, !seen.size && h("p", { class: "muted" }, FINAL.has(job.status) ? "It logged nothing." : "Nothing logged yet.")),
        h("div", {}, card("Times", facts([["Submitted", exactly(received)], ["Started", exactly(start)], ["Ended", exactly(end)], ["Took", end ? lasting(end - (start ?? received)) : "–"]])),
          card("Opcodes", (job.ops ?? []).map((op, i) => h("details", { open: job.ops.length === 1 }, h("summary", {}, h("code", {}, op.OP_ID), " ", jobState(job.opstatus[i])),
            facts(Object.entries(op).filter(([key, value]) => key !== "OP_ID" && key !== "reason" && value !== null && JSON.stringify(value) !== "{}").map(([key, value]) => [key, value])),
            (op.reason ?? []).length > 0 && h("p", { class: "muted" }, "Why: ", op.reason.map(([who, why]) => `${who} ${why}`.trim()).join(" → "))))))));
    log.scrollTop = scroll;
  }

  /** What can be done with the request that made the job. */
  function again() {
    const request = api.document && job.ops?.length === 1 && requestOf(job.ops[0]);
    if (!request) return null;
    const { write, items, query, body } = request;
    const values = { ...query, ...(write.body?.properties ? body : { body }) };
    return menu(T.more, "more", () => [
      FINAL.has(job.status) && may(write.permission) && [T.again, () => ask(write, items, { values, first: Object.keys(values), lead: T.againLead })],
      [T.copyRapi, () => copy(asRapi(write, items, query, body))], [T.copyCurl, () => copy(asCurl(write, items, query, body))],
    ].filter(Boolean));
  }

  async function cancel() {
    try {
      const [done, words] = await call("DELETE", `2/jobs/${encodeURIComponent(id)}`);
      toast(words, done ? "good" : "warn");
    } catch (error) { toast(error.message, "bad"); }
  }

  read();
  return { element, title: `Job ${id}`, leave: () => source?.close(), update: (kinds) => {
    if (kinds.has("document") && job) draw();
    const known = rows.job?.get(Number(id));
    if (kinds.has("job") && known && job && known.status !== job.status && !source) read();
  } };
}

export const page = (place) => (place.items.length ? jobPage(place.items[0]) : listPage(place));

// How the cluster is: what runs, what is full, what has just happened, and what is wrong.

import { h, put } from "../dom.js";
import { lasting, short, size, when } from "../format.js";
import { card, empty, failure, instanceState, jobLink, jobState, link, meter, nodeRole } from "../parts.js";
import { cluster, failures, need, partial, rows, stateOf } from "../store.js";
import { newest } from "../strip.js";
import { STATES } from "../texts.js";

const MENDING = {
  ERROR_down: "start it", ERROR_up: "stop it or start it", ERROR_nodedown: "look at its node, or fail it over",
  ERROR_nodeoffline: "fail it over", ERROR_wrongnode: "verify the cluster",
};
const NODES_SHOWN = 24, WRONG_SHOWN = 12, HOUR = 3600e3;

export function page() {
  const element = h("div", { class: "page" });
  need("instance").then(() => element.isConnected && need("job", "node"));

  function tile(label, value, tone, href) {
    return h("a", { class: `tile ${tone ?? ""}`, href }, h("strong", {}, String(value)), h("span", {}, label));
  }

  function tiles() {
    if (!rows.instance || partial.has("instance")) return failures.instance ? failure(failures.instance) : h("p", { class: "muted" }, "Reading …");
    const all = [...rows.instance.values()], words = new Map();
    for (const row of all) {
      const [word, tone] = STATES[stateOf(row)] ?? [stateOf(row), "idle"];
      const known = words.get(word) ?? [tone, 0];
      words.set(word, [known[0], known[1] + 1]);
    }
    const order = { good: 0, idle: 1, warn: 2, bad: 3 };
    return h("div", { class: "tiles" }, tile("instances", all.length, "", "#/instances"),
      [...words].sort((a, b) => order[a[1][0]] - order[b[1][0]]).map(([word, [tone, count]]) => tile(word, count, tone, `#/instances?q=${encodeURIComponent(`status="${word}"`)}`)),
      rows.node && tile("nodes", rows.node.size, "", "#/nodes"));
  }

  function wrong() {
    const instances = [...(rows.instance?.values() ?? [])].filter((row) => ["bad", "warn"].includes(STATES[stateOf(row)]?.[1]));
    const nodes = [...(rows.node?.values() ?? [])].filter((row) => row.role === "O" || row.role === "D" || row.mfree === null && row.role !== "O" && "mfree" in row);
    const failed = [...(rows.job?.values() ?? [])].filter((job) => job.status === "error" && Date.now() - job.end < HOUR);
    const lines = [
      ...nodes.map((row) => h("li", {}, nodeRole(row.role), link("nodes", row.name), h("span", { class: "muted" }, row.role === "D" ? "drained: nothing new is put here" : "does not serve: bring it back, or evacuate it"))),
      ...instances.slice(0, WRONG_SHOWN).map((row) => h("li", {}, instanceState(stateOf(row)), link("instances", row.name), h("span", { class: "muted" }, MENDING[stateOf(row)] ?? ""))),
      ...failed.slice(0, WRONG_SHOWN).map((job) => h("li", {}, jobState(job.status), jobLink(job), h("span", { class: "muted" }, `at ${when(job.end)}: its log says why`))),
    ];
    return lines.length ? h("ul", { class: "lines" }, lines) : empty("Nothing is wrong.");
  }

  function nodes() {
    if (!rows.node) return failures.node ? failure(failures.node) : h("p", { class: "muted" }, "Asking the nodes …");
    const all = [...rows.node.values()].sort((a, b) => (b.mtotal - b.mfree) / b.mtotal - (a.mtotal - a.mfree) / a.mtotal || a.name.localeCompare(b.name));
    return h("div", { class: "node-bars" }, all.slice(0, NODES_SHOWN).map((row) => h("div", { class: "node-bar" }, link("nodes", row.name, short(row.name)), nodeRole(row.role),
      h("span", { class: "labelled" }, h("small", {}, "Memory"), meter(row.mtotal - row.mfree, row.mtotal)), h("span", { class: "labelled" }, h("small", {}, "Disk"), meter(row.dtotal - row.dfree, row.dtotal)))),
    all.length > NODES_SHOWN && h("p", {}, h("a", { href: "#/nodes" }, `All ${all.length} nodes`)));
  }

  function jobs() {
    const all = [...(rows.job?.values() ?? [])].filter((job) => Date.now() - (job.end ?? Date.now()) < HOUR);
    if (!all.length) return empty("No jobs in the last hour");
    return h("table", {}, h("tbody", {}, newest(new Map(all.map((job) => [job.id, job])), 10).map((job) => h("tr", {}, h("td", {}, jobState(job.status)), h("td", {}, jobLink(job)),
      h("td", { class: "muted" }, when(job.received)), h("td", { class: "muted number" }, job.end ? lasting(job.end - (job.start ?? job.received)) : "")))));
  }

  function draw() {
    const total = (part) => [...(rows.node?.values() ?? [])].reduce((sum, row) => sum + (row[part] ?? 0), 0);
    put(element, h("div", { class: "title-row" }, h("h1", {}, cluster.info?.name ?? "Overview"),
      cluster.info && h("span", { class: "muted" }, `Ganeti ${cluster.info.software_version}, master ${short(cluster.info.master)}`)),
    tiles(),
    h("div", { class: "columns" }, card("What is wrong now", wrong()), card("Jobs of the last hour", jobs()),
      card("Room", h("div", { class: "node-bars" }, h("span", { class: "labelled" }, h("small", {}, "Memory of all nodes"), meter(total("mtotal") - total("mfree"), total("mtotal"))),
        h("span", { class: "labelled" }, h("small", {}, "Disk of all nodes"), meter(total("dtotal") - total("dfree"), total("dtotal"))))),
      h("section", { class: "card wide" }, h("h2", {}, "Nodes"), nodes())));
  }
  draw();
  return { element, update: (kinds) => ["instance", "node", "job", "cluster"].some((kind) => kinds.has(kind)) && draw() };
}

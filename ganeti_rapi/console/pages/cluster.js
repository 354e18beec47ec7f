// The cluster's own facts and parameters, its operating systems, filters and queue.

import { get, may } from "../api.js";
import { h, put } from "../dom.js";
import { exactly, millis, plain } from "../format.js";
import { ask, askFor, writesAt } from "../operations.js";
import { button, card, empty, facts, failure, link, menu, tagList } from "../parts.js";
import { cluster, failures, needCluster } from "../store.js";
import { T } from "../texts.js";
import { limits } from "./groups.js";

const PATHS = ["/2/modify", "/2/redistribute-config", "/2/tags", "/2/verify", "/2/verify-config", "/2/verify-disks", "/2/repair-disk-sizes", "/2/rename", "/2/renew-crypto", "/2/master-ip", "/2/queue", "/2/watcher", "/2/jobs-archive", "/2/allocator"];

export function page() {
  const element = h("div", { class: "page" });
  const more = { os: null, filters: null, queue: null };
  const read = (name, path) => get(path).then((found) => { more[name] = found; draw(); }, (error) => { more[name] = error; draw(); });
  needCluster();
  read("os", "2/os");
  if (may("filter.list")) read("filters", "2/filters");
  if (may("queue.query")) read("queue", "2/queue");

  const told = (found, show) => (found === null ? h("p", { class: "muted" }, "Reading …") : found instanceof Error ? failure(found) : show(found));
  const parameters = (values) => h("table", { class: "parameters" }, h("tbody", {}, Object.entries(values ?? {}).sort().map(([key, value]) => h("tr", {}, h("td", {}, h("code", {}, key)), h("td", {}, plain(value))))));

  function draw() {
    const { info } = cluster;
    if (!info) return void put(element, h("h1", {}, "Cluster"), failures.cluster ? failure(failures.cluster) : h("p", { class: "muted" }, "Reading …"));
    const scalars = Object.entries(info).filter(([, value]) => value === null || typeof value !== "object" || Array.isArray(value));
    put(element, h("div", { class: "title-row" }, h("h1", {}, info.name), h("span", { class: "spring" }),
      may("cluster.modify") && button("Change", null, () => askFor("put", "/2/modify", {}, { title: "Change the cluster", label: "Change" }), { class: "primary" }),
      menu(T.more, "more", () => PATHS.flatMap(writesAt).filter((each) => PATHS.includes(each.path)).map((each) => [each.summary, () => ask(each, {}), each.dangerous ? "danger" : ""]))),
    h("div", { class: "columns" },
      card("Cluster", facts([["Ganeti", info.software_version], ["Master", link("nodes", info.master)], ["Hypervisors", info.enabled_hypervisors], ["Disk templates", info.enabled_disk_templates], ["Allocator", info.default_iallocator], ["Tags", tagList(info.tags)], ["Changed", exactly(millis(info.mtime))]])),
      card("Limits of instances", limits(info.ipolicy)),
      card("Operating systems", told(more.os, (found) => (found.length ? h("ul", { class: "lines" }, found.map((name) => h("li", {}, name))) : empty("None is installed")))),
      more.queue && card("Queue", told(more.queue, (found) => facts(Object.entries(found)))),
      more.filters && card("Filter rules", told(more.filters, (found) => (found.length ? h("ul", { class: "lines" }, found.map((each) => h("li", {}, plain(each.name ?? each.uuid ?? each)))) : empty("No rules: every job may run"))),
        may("filter.create") && button("New rule", "plus", () => askFor("post", "/2/filters", {}), { class: "quiet" })),
      card("Backend parameters", parameters(info.beparams?.default)),
      info.enabled_hypervisors.map((name) => card(`Hypervisor ${name}`, parameters(info.hvparams?.[name]))),
      card("All else", parameters(Object.fromEntries(scalars)))));
  }
  draw();
  return { element, update: (kinds) => {
    if (kinds.has("cluster") && !cluster.info) needCluster();
    if (kinds.has("cluster") || kinds.has("document")) draw();
  } };
}

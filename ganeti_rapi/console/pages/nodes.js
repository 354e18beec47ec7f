// The nodes, and one of them.

import { get, may } from "../api.js";
import { h, put } from "../dom.js";
import { exactly, millis, plain, short, size } from "../format.js";
import { ask, askFor, writesAt } from "../operations.js";
import { button, card, empty, facts, failure, instanceState, link, menu, meter, nodeRole, tagList } from "../parts.js";
import { failures, need, rows, stateOf } from "../store.js";
import { Table } from "../table.js";
import { ROLES, T } from "../texts.js";

const used = (whole, free) => (row) => (row[whole] > 0 ? (row[whole] - row[free]) / row[whole] : null);

const COLUMNS = [
  { id: "name", title: "Name", value: (r) => r.name, show: (r) => link("nodes", r.name), width: "minmax(140px, 2fr)" },
  { id: "role", title: "Role", names: ["status", "state"], value: (r) => ROLES[r.role]?.[0] ?? r.role, show: (r) => nodeRole(r.role), width: "110px" },
  { id: "group", title: "Group", value: (r) => r.group, width: "minmax(80px, 1fr)", least: 760 },
  { id: "memory", title: "Memory", value: used("mtotal", "mfree"), show: (r) => meter(r.mtotal - r.mfree, r.mtotal), width: "minmax(150px, 1.8fr)", least: 480, searched: false },
  { id: "disk", title: "Disk", value: used("dtotal", "dfree"), show: (r) => meter(r.dtotal - r.dfree, r.dtotal), width: "minmax(150px, 1.8fr)", least: 640, searched: false },
  { id: "cpus", title: "CPUs", value: (r) => r.cpus, width: "70px", class: "number", least: 900, searched: false },
  { id: "primaries", title: "Primary of", value: (r) => r.primaries, width: "90px", class: "number", least: 820, searched: false },
  { id: "secondaries", title: "Secondary of", value: (r) => r.secondaries, width: "110px", class: "number", least: 980, searched: false },
  { id: "ip", title: "Address", value: (r) => r.ip, width: "130px", least: 1150 },
  { id: "tags", title: "Tags", names: ["tag"], value: (r) => r.tags?.join(" "), search: (r) => r.tags, show: (r) => tagList(r.tags), width: "minmax(80px, 1fr)", least: 1250 },
];

function listPage({ query }) {
  const table = new Table({ columns: COLUMNS, key: (row) => row.name, label: "Nodes", open: (row) => { location.hash = `#/nodes/${encodeURIComponent(row.name)}`; } });
  const trouble = h("div"), count = h("span", { class: "muted count" });
  const filter = h("input", { type: "search", class: "filter", placeholder: "Words, or conditions such as  role=drained", "aria-label": "Filter the nodes", value: query.get("q") ?? "", oninput: () => table.setFilter(filter.value) });
  function update(kinds) {
    if (!kinds.has("node")) return;
    put(trouble, failures.node && failure(failures.node));
    table.setRows([...(rows.node?.values() ?? [])]);
    count.textContent = `${table.rows.length}`;
  }
  need("node");
  table.setFilter(filter.value);
  update(new Set(["node"]));
  return { element: h("div", { class: "page list" }, h("div", { class: "title-row" }, h("h1", {}, "Nodes"), count, filter), trouble, table.element), update,
    leave: () => table.leave(), shown: () => { table.drawHead(); table.draw(); } };
}

const PATH = "/2/nodes/{node_name}";

function nodePage(name) {
  const element = h("div", { class: "page" }), items = { node_name: name };
  let shown = null, problem = null;

  async function read() {
    try { [shown, problem] = [await get(`2/nodes/${encodeURIComponent(name)}`), null]; } catch (error) { problem = error; }
    draw();
  }

  const instances = (names) => (names?.length ? h("table", {}, h("tbody", {}, names.map((each) => h("tr", {}, h("td", {}, link("instances", each)),
    h("td", {}, rows.instance?.has(each) ? instanceState(stateOf(rows.instance.get(each))) : ""), h("td", { class: "number muted" }, size(rows.instance?.get(each)?.memory)))))) : empty("None"));

  function draw() {
    if (problem) return void put(element, h("h1", {}, name), failure(problem));
    if (!shown) return void put(element, h("h1", {}, name), h("p", { class: "muted" }, "Reading …"));
    const groups = [...(rows.group?.values() ?? [])].find((group) => group.uuid === shown["group.uuid"]);
    put(element, h("p", { class: "crumbs" }, h("a", { href: "#/nodes" }, "Nodes")),
      h("div", { class: "title-row" }, h("h1", {}, name), nodeRole(shown.role), h("span", { class: "spring" }), h("div", { class: "actions" },
        may("nodes.role.modify") && button("Change role", null, () => askFor("put", `${PATH}/role`, items, { title: `Role of ${name}`, label: "Change", values: { body: { M: "master", C: "master-candidate", R: "regular", D: "drained", O: "offline" }[shown.role] }, lead: "Drained: nothing new is put on it. Offline: it is not asked for anything." })),
        may("nodes.evacuate") && button("Evacuate", "migrate", () => askFor("post", `${PATH}/evacuate`, items, { title: `Evacuate ${name}`, label: "Evacuate", first: ["mode", "iallocator", "remote_node"], lead: `Moves instances away from ${name}; each becomes a job of its own.`, values: { mode: "all", iallocator: "hail" } })),
        menu(T.more, "more", () => writesAt(PATH).map((each) => [each.summary, () => ask(each, each.items[0].name === "name" ? { name } : items, each.dangerous ? { lead: `This is about ${name}.` } : {}), each.dangerous ? "danger" : ""])))),
      h("div", { class: "columns" },
        card("Room", h("div", { class: "node-bars" }, h("span", { class: "labelled" }, h("small", {}, "Memory"), meter(shown.mtotal - shown.mfree, shown.mtotal)), h("span", { class: "labelled" }, h("small", {}, "Disk"), meter(shown.dtotal - shown.dfree, shown.dtotal))),
          facts([["CPUs", shown.ctotal], ["Memory of the node itself", size(shown.mnode)]])),
        card("Node", facts([["Group", groups ? link("groups", groups.name) : plain(shown["group.uuid"])], ["Primary address", shown.pip], ["Secondary address", shown.sip], ["May be master", shown.master_capable], ["May have instances", shown.vm_capable], ["Changed", exactly(millis(shown.mtime))], ["Tags", tagList(shown.tags)], ["UUID", h("code", {}, shown.uuid)]])),
        card(`Primary of ${shown.pinst_list?.length ?? 0}`, instances(shown.pinst_list)), card(`Secondary of ${shown.sinst_list?.length ?? 0}`, instances(shown.sinst_list)),
        card("Parameters", h("table", { class: "parameters" }, h("tbody", {}, Object.entries(shown.ndparams ?? {}).map(([key, value]) => h("tr", {}, h("td", {}, h("code", {}, key)), h("td", {}, plain(value)))))))));
  }
  read();
  need("node", "instance", "group");
  const summary = () => JSON.stringify(rows.node?.get(name));
  let known = summary();
  return { element, title: name, update(kinds) {
    if (kinds.has("node") && summary() !== known) { known = summary(); read(); } else if (kinds.has("instance") || kinds.has("group") || kinds.has("document")) draw();
  } };
}

export const page = (place) => (place.items.length ? nodePage(place.items[0]) : listPage(place));

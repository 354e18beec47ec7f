// The instances, and one of them.

import { may } from "../api.js";
import { h, put } from "../dom.js";
import { size, short } from "../format.js";
import { act, askFor } from "../operations.js";
import { button, failure, instanceState, link, tagList } from "../parts.js";
import { failures, need, partial, rows, stateOf } from "../store.js";
import { Table } from "../table.js";
import { STATES, T } from "../texts.js";
import { instancePage } from "./instance.js";

const word = (row) => STATES[stateOf(row)]?.[0] ?? stateOf(row);

const COLUMNS = [
  { id: "name", title: "Name", value: (r) => r.name, show: (r) => link("instances", r.name), width: "minmax(150px, 2.2fr)" },
  { id: "status", title: "State", names: ["state"], value: word, search: (r) => [word(r), r.status, r.admin], show: (r) => instanceState(stateOf(r)), width: "132px" },
  { id: "node", title: "Node", names: ["pnode"], value: (r) => r.pnode, show: (r) => link("nodes", r.pnode, short(r.pnode)), width: "minmax(80px, 1fr)", least: 560 },
  { id: "secondary", title: "Secondary", names: ["snode"], value: (r) => r.snodes?.[0], search: (r) => r.snodes, show: (r) => (r.snodes?.length ? short(r.snodes[0]) : "–"), width: "minmax(80px, 1fr)", least: 1050 },
  { id: "group", title: "Group", value: (r) => r.group, width: "minmax(80px, .8fr)", least: 1300 },
  { id: "vcpus", title: "vCPUs", names: ["cpus"], value: (r) => r.vcpus, width: "70px", class: "number", least: 700, searched: false },
  { id: "memory", title: "Memory", names: ["mem"], unit: true, value: (r) => r.memory, show: (r) => size(r.memory), width: "90px", class: "number", least: 620, searched: false },
  { id: "disk", title: "Disk", unit: true, value: (r) => r.disk, show: (r) => size(r.disk), width: "90px", class: "number", least: 780, searched: false },
  { id: "template", title: "Storage", names: ["disk_template"], value: (r) => r.template, width: "90px", least: 1180 },
  { id: "os", title: "OS", value: (r) => r.os, width: "minmax(90px, 1.2fr)", least: 980 },
  { id: "ip", title: "Address", names: ["ips"], value: (r) => r.ips?.find(Boolean), search: (r) => r.ips, width: "minmax(100px, 1fr)", least: 1180 },
  { id: "hypervisor", title: "Hypervisor", value: (r) => r.hypervisor, width: "90px", least: 1500 },
  { id: "tags", title: "Tags", names: ["tag"], value: (r) => r.tags?.join(" "), search: (r) => r.tags, show: (r) => tagList(r.tags), width: "minmax(90px, 1.4fr)", least: 860 },
];

const PATH = "/2/instances/{instance_name}/";
const isUp = (row) => /^(running|ERROR_up|up)$/.test(stateOf(row));
const HIDDEN = "console.columns";

export const start = (names) => Promise.all(names.map((instance_name) => act("put", `${PATH}startup`, { instance_name })));

/** Ask before instances are stopped: what is in them loses what it has not saved. */
export function stopThem(names) {
  const what = names.length === 1 ? names[0] : `${names.length} instances`;
  const lead = `Stops ${what}: asked to shut down first, and switched off after the timeout.`;
  askFor("put", `${PATH}shutdown`, { instance_name: names[0] }, { title: `Stop ${what}`, label: T.stop, lead, first: ["timeout", "reason"],
    done: () => names.slice(1).forEach((instance_name) => act("put", `${PATH}shutdown`, { instance_name })) });
}

export function migrateThem(names) {
  const what = names.length === 1 ? names[0] : `${names.length} instances`;
  askFor("put", `${PATH}migrate`, { instance_name: names[0] }, { title: `Migrate ${what}`, label: T.migrate, first: ["mode", "target_node"],
    lead: `Moves ${what} to the secondary node without a stop.`,
    done: () => names.slice(1).forEach((instance_name) => act("put", `${PATH}migrate`, { instance_name }, {}, {})) });
}

function tagThem(names) {
  askFor("put", "/2/instances/{name}/tags", { name: names[0] }, { title: `Tag ${names.length === 1 ? names[0] : `${names.length} instances`}`, first: ["tag", "body"],
    label: "Tag" });
}

function listPage({ query }) {
  const bar = h("div", { class: "selection", hidden: true });
  const count = h("span", { class: "muted count" });
  const trouble = h("div");
  const hidden = JSON.parse(sessionStorage.getItem(HIDDEN) ?? "[]");
  const table = new Table({ columns: COLUMNS, key: (row) => row.name, label: "Instances", selectable: true, hidden,
    open: (row) => { location.hash = `#/instances/${encodeURIComponent(row.name)}`; }, onSelect: drawSelection });
  const filter = h("input", { type: "search", class: "filter", placeholder: T.filterHint, "aria-label": "Filter the instances", title: T.filterHint,
    autocomplete: "off", spellcheck: "false", value: query.get("q") ?? "", oninput: () => search(filter.value) });

  function search(text) {
    if (filter.value !== text) filter.value = text;
    history.replaceState(null, "", text ? `#/instances?q=${encodeURIComponent(text)}` : "#/instances");
    table.setFilter(text);
    drawCount();
  }

  const say = () => { count.textContent = partial.has("instance") ? "Reading …" : table.shown.length === table.rows.length ? `${table.rows.length}` : `${table.shown.length} of ${table.rows.length}`; };
  const drawCount = say;

  function drawSelection(chosen) {
    bar.hidden = chosen.length === 0;
    const names = chosen.map((row) => row.name);
    const tags = names.length === 1;
    put(bar, h("strong", {}, `${chosen.length} ${T.selected}`),
      may("instances.startup") && button(T.start, "start", () => start(chosen.filter((row) => !isUp(row)).map((row) => row.name))),
      may("instances.shutdown") && button(T.stop, "stop", () => stopThem(names)),
      may("instances.migrate") && button(T.migrate, "migrate", () => migrateThem(names)),
      tags && may("tags.set") && button("Tag", "tag", () => tagThem(names)),
      h("span", { class: "spring" }), button("Select none", "close", () => table.selectAll(false), { class: "quiet" }));
  }

  const columns = h("details", { class: "chooser" }, h("summary", { class: "button" }, T.columns), h("div", { class: "menu" }, COLUMNS.slice(1).map(({ id, title }) =>
    h("label", {}, h("input", { type: "checkbox", checked: !table.hiddenColumns.has(id), onchange: (event) => {
      if (event.target.checked) table.hiddenColumns.delete(id); else table.hiddenColumns.add(id);
      sessionStorage.setItem(HIDDEN, JSON.stringify([...table.hiddenColumns]));
      table.drawHead(); table.draw();
    } }), title))));

  const element = h("div", { class: "page list" },
    h("div", { class: "title-row" }, h("h1", {}, "Instances"), count, filter, columns,
      may("instances.create") && h("a", { class: "button primary", href: "#/create" }, T.create)), bar, trouble, table.element);

  function update(kinds) {
    if (!kinds.has("instance")) return;
    put(trouble, failures.instance && failure(failures.instance));
    if (rows.instance) table.setRows([...rows.instance.values()]);
    say();
  }
  need("instance");
  table.setFilter(filter.value);
  update(new Set(["instance"]));
  return { element, update, search, leave: () => table.leave(), shown: () => { table.drawHead(); table.draw(); } };
}

export const page = (place) => (place.items.length ? instancePage(place.items[0], place.items[1]) : listPage(place));

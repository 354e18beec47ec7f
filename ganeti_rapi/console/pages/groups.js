// The node groups, and one of them.

import { may } from "../api.js";
import { h, put } from "../dom.js";
import { plain, short } from "../format.js";
import { ask, askFor, writesAt } from "../operations.js";
import { button, card, empty, facts, failure, link, menu, nodeRole, tagList } from "../parts.js";
import { failures, need, rows } from "../store.js";
import { T } from "../texts.js";

const PATH = "/2/groups/{group_name}";

/** The limits that instances must keep, as a table of least and most. */
export function limits(ipolicy) {
  const names = Object.keys(ipolicy?.minmax?.[0]?.min ?? {});
  return h("table", {}, h("thead", {}, h("tr", {}, ["Of an instance", "least", "most", "usual"].map((text) => h("th", {}, text)))),
    h("tbody", {}, names.map((name) => h("tr", {}, h("td", {}, name), h("td", { class: "number" }, ipolicy.minmax.map(({ min }) => min[name]).join(" or ")),
      h("td", { class: "number" }, ipolicy.minmax.map(({ max }) => max[name]).join(" or ")), h("td", { class: "number" }, plain(ipolicy.std?.[name]))))));
}

export function page({ items }) {
  const element = h("div", { class: "page" });
  need("group", "node");

  function one(group) {
    const path = { group_name: group.name };
    return [h("p", { class: "crumbs" }, h("a", { href: "#/groups" }, "Groups")), h("div", { class: "title-row" }, h("h1", {}, group.name), h("span", { class: "spring" }),
      menu(T.more, "more", () => writesAt(PATH).map((each) => [each.summary, () => ask(each, each.items[0].name === "name" ? { name: group.name } : path, each.dangerous ? { lead: `This is about ${group.name}.` } : {}), each.dangerous ? "danger" : ""]))),
    h("div", { class: "columns" }, card("Group", facts([["Allocation", group.alloc_policy], ["Nodes", group.node_cnt], ["Tags", tagList(group.tags)], ["UUID", h("code", {}, group.uuid)]])),
      card("Nodes", group.node_list?.length ? h("table", {}, h("tbody", {}, group.node_list.map((name) => h("tr", {}, h("td", {}, link("nodes", name)), h("td", {}, rows.node?.has(name) ? nodeRole(rows.node.get(name).role) : ""))))) : empty("None")),
      card("Limits", limits(group.ipolicy)))];
  }

  const list = () => [h("div", { class: "title-row" }, h("h1", {}, "Groups"), h("span", { class: "spring" }), may("groups.create") && button("New group", "plus", () => askFor("post", "/2/groups", {}, { title: "New group", label: "Create" }), { class: "primary" })),
    failures.group && failure(failures.group), h("div", { class: "columns" }, [...(rows.group?.values() ?? [])].map((group) => card(link("groups", group.name),
      facts([["Allocation", group.alloc_policy], ["Nodes", group.node_list?.length ? h("span", { class: "inline" }, group.node_list.slice(0, 20).map((name) => link("nodes", name, short(name)))) : "none"], ["Tags", group.tags?.length ? tagList(group.tags) : undefined]]))))];

  function draw() {
    if (!items.length) return void put(element, list());
    const group = rows.group?.get(items[0]);
    put(element, group ? one(group) : [h("h1", {}, items[0]), rows.group ? failure({ message: "There is no such group." }) : failures.group ? failure(failures.group) : "Reading …"]);
  }
  draw();
  return { element, title: items[0], update: (kinds) => (kinds.has("group") || kinds.has("node") || kinds.has("document")) && draw() };
}

// The networks, and the addresses of one as a map.

import { may } from "../api.js";
import { h, put } from "../dom.js";
import { plain } from "../format.js";
import { ask, askFor, writesAt } from "../operations.js";
import { button, card, empty, facts, failure, link, menu, meter, tagList } from "../parts.js";
import { failures, need, rows } from "../store.js";
import { T } from "../texts.js";

const PATH = "/2/networks/{network_name}", MOST = 4096;

function addressAt(network, place) {
  const [base] = network.split("/");
  const number = base.split(".").reduce((sum, part) => sum * 256 + Number(part), 0) + place;
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}

function map(network) {
  const cells = [...(network.map ?? "")];
  if (!cells.length) return empty("It has no addresses of its own.");
  const taken = cells.filter((cell) => cell === "X").length;
  return [h("p", {}, meter(taken, cells.length, `${taken} of ${cells.length} addresses taken`)),
    h("div", { class: "address-map", role: "img", "aria-label": `${taken} of ${cells.length} addresses are taken` }, cells.slice(0, MOST).map((cell, i) =>
      h("i", { class: cell === "X" ? "taken" : "", title: `${addressAt(network.network, i)} ${cell === "X" ? "taken" : "free"}` }))),
    cells.length > MOST && h("p", { class: "muted" }, `The first ${MOST} of them`)];
}

export function page({ items }) {
  const element = h("div", { class: "page" });
  need("network");

  function one(network) {
    return [h("p", { class: "crumbs" }, h("a", { href: "#/networks" }, "Networks")), h("div", { class: "title-row" }, h("h1", {}, network.name), h("span", { class: "spring" }),
      menu(T.more, "more", () => writesAt(PATH).map((each) => [each.summary, () => ask(each, each.items[0].name === "name" ? { name: network.name } : { network_name: network.name }, each.dangerous ? { lead: `This is about ${network.name}.` } : {}), each.dangerous ? "danger" : ""]))),
    h("div", { class: "columns" }, card("Network", facts([["Addresses", network.network], ["Gateway", network.gateway], ["IPv6", network.network6], ["IPv6 gateway", network.gateway6], ["MAC prefix", network.mac_prefix],
      ["Reserved by others", network.external_reservations], ["Tags", tagList(network.tags)], ["UUID", h("code", {}, network.uuid)]])),
    card("Connected groups", network.group_list?.length ? h("table", {}, h("tbody", {}, network.group_list.map(([group, mode, nic, vlan]) => h("tr", {}, h("td", {}, link("groups", group)), h("td", {}, mode), h("td", {}, nic), h("td", {}, vlan))))) : empty("None: connect it to a group first.")),
    card("Instances", network.inst_list?.length ? h("ul", { class: "lines" }, network.inst_list.map((name) => h("li", {}, link("instances", name)))) : empty("None")),
    h("section", { class: "card wide" }, h("h2", {}, "Addresses"), map(network)))];
  }

  const list = () => [h("div", { class: "title-row" }, h("h1", {}, "Networks"), h("span", { class: "spring" }), may("networks.create") && button("New network", "plus", () => askFor("post", "/2/networks", {}, { title: "New network", label: "Create", first: ["gateway"] }), { class: "primary" })),
    failures.network && failure(failures.network), rows.network?.size === 0 && empty("There are no networks yet."), h("div", { class: "columns" }, [...(rows.network?.values() ?? [])].map((network) => card(link("networks", network.name),
      facts([["Addresses", network.network], ["Free", plain(network.free_count)], ["Groups", network.group_list?.map(([group]) => group)], ["Tags", network.tags?.length ? tagList(network.tags) : undefined]]))))];

  function draw() {
    if (!items.length) return void put(element, list());
    const network = rows.network?.get(items[0]);
    put(element, network ? one(network) : [h("h1", {}, items[0]), rows.network ? failure({ message: "There is no such network." }) : failures.network ? failure(failures.network) : "Reading …"]);
  }
  draw();
  return { element, title: items[0], update: (kinds) => (kinds.has("network") || kinds.has("document")) && draw() };
}

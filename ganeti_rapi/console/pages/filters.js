// The filter rules: which jobs may start, and which wait or are refused.

import { may } from "../api.js";
import { h, put } from "../dom.js";
import { plain } from "../format.js";
import { askFor } from "../operations.js";
import { button, card, empty, facts, failure } from "../parts.js";
import { failures, load, need, rows } from "../store.js";

const PATH = "/2/filters/{filter_uuid}";
const ACTIONS = {
  ACCEPT: ["Let jobs start", "Rules after this one do not count for them."], PAUSE: ["Let jobs wait", "They stay queued."],
  REJECT: ["Refuse jobs", "They are canceled."], CONTINUE: ["Nothing", "The next rule counts."],
};

/** A predicate such as ["jobid", [">", "id", "watermark"]] as a line. */
const condition = ([field, ...tests]) => `${field}: ${tests.map((test) => JSON.stringify(test)).join(", ")}`;

function action(rule) {
  if (Array.isArray(rule.action)) return [`At most ${rule.action[1]} jobs at a time`, "The others stay queued."];
  return ACTIONS[rule.action] ?? [plain(rule.action), ""];
}

export function page() {
  const element = h("div", { class: "page" });
  need("filter");

  function change(rule) {
    askFor("put", PATH, { filter_uuid: rule.uuid }, { title: "Change the rule", label: "Change", done: () => load("filter"),
      values: { priority: rule.priority, predicates: rule.predicates, action: rule.action }, first: ["priority", "predicates", "action"] });
  }

  const one = (rule) => card(action(rule)[0], h("p", { class: "muted" }, action(rule)[1]),
    facts([["Priority", rule.priority], ["Jobs with", rule.predicates?.length ? h("ul", { class: "lines" }, rule.predicates.map((each) => h("li", {}, h("code", {}, condition(each))))) : "all jobs"],
      ["Since job", rule.watermark], ["Why", (rule.reason_trail ?? []).map(([, why]) => why).filter(Boolean).join("; ") || "no reason given"], ["UUID", h("code", {}, rule.uuid)]]),
    h("p", { class: "actions" }, may("filter.modify") && button("Change", null, () => change(rule), { class: "quiet" }),
      may("filter.remove") && button("Remove", null, () => askFor("delete", PATH, { filter_uuid: rule.uuid }, { title: "Remove the rule", lead: "Jobs that it holds back may start.", done: () => load("filter") }), { class: "danger" })));

  function draw() {
    const rules = [...(rows.filter?.values() ?? [])].sort((a, b) => a.priority - b.priority || a.watermark - b.watermark);
    put(element, h("div", { class: "title-row" }, h("h1", {}, "Filters"), h("span", { class: "spring" }),
      may("filter.create") && button("New rule", "plus", () => askFor("post", "/2/filters", {}, { title: "New rule", label: "Create", done: () => load("filter"), first: ["priority", "predicates", "action"] }), { class: "primary" })),
    failures.filter && failure(failures.filter),
    rows.filter?.size === 0 && empty("There are no rules: every job may start."),
    h("div", { class: "columns" }, rules.map(one)));
  }
  draw();
  return { element, update: (kinds) => (kinds.has("filter") || kinds.has("document")) && draw() };
}

// The reference of the API, made of openapi.json; what may be written can be tried from here.

import { may } from "../api.js";
import { h, put } from "../dom.js";
import { plain } from "../format.js";
import { meant } from "../forms.js";
import { api, ask, needDocument, operationAt } from "../operations.js";
import { button, empty } from "../parts.js";

const METHODS = ["get", "post", "put", "delete"];
const typeOf = (schema) => { const { type, enum: choices } = meant(schema ?? {}); return choices ? choices.map(plain).join(" | ") : [type ?? "any"].flat().join(" | "); };

function parameters(operation) {
  const body = operation.requestBody?.content?.["application/json"]?.schema;
  const lines = [...(operation.parameters ?? []).map((each) => [each.name, each.in, typeOf(each.schema), each.description]),
    ...Object.entries(body?.properties ?? {}).map(([name, schema]) => [name, "body", typeOf(schema), schema.description])];
  return lines.length ? h("table", {}, h("tbody", {}, lines.map(([name, place, type, text]) => h("tr", {}, h("td", {}, h("code", {}, name)), h("td", { class: "muted" }, place), h("td", { class: "muted" }, type), h("td", {}, text))))) : null;
}

function entry(path, method, operation) {
  const details = h("details", { class: "operation" }, h("summary", {}, h("b", { class: `method ${method}` }, method.toUpperCase()), h("code", {}, path), h("span", { class: "muted" }, operation.summary)));
  details.addEventListener("toggle", () => {
    if (!details.open || details.childElementCount > 1) return;
    const described = method === "get" ? null : operationAt(method, path);
    details.append(h("div", { class: "operation-body" }, h("p", {}, operation.description), parameters(operation),
      described && may(operation["x-permission"]) && button("Use it", null, () => ask(described, {}))));
  });
  return details;
}

export function page() {
  const list = h("div");
  const filter = h("input", { type: "search", class: "filter", placeholder: "Words of a path or a summary", "aria-label": "Search the reference", oninput: draw });
  const element = h("div", { class: "page" }, h("div", { class: "title-row" }, h("h1", {}, "API"), filter, h("span", { class: "spring" }), h("a", { href: "../2/openapi.json", class: "button" }, "openapi.json")), list);
  function draw() {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (!api.document) return void put(list, empty("Reading …"));
    const found = Object.entries(api.document.paths).flatMap(([path, methods]) => METHODS.filter((method) => methods[method]).map((method) => [path, method, methods[method]]))
      .filter(([path, method, { summary }]) => words.every((word) => `${method} ${path} ${summary}`.toLowerCase().includes(word)));
    put(list, found.map((each) => entry(...each)));
  }
  draw();
  needDocument().then(draw);
  return { element };
}

// Every write of the API as a dialog, made of openapi.json; and what is done with a click.

import { ApiError, BASE, call, get, may, pathOf } from "./api.js";
import { h, put } from "./dom.js";
import { Field, FieldError, failField, readAll } from "./forms.js";
import { button, copy, toast } from "./parts.js";
import { T } from "./texts.js";

export const api = { document: null };
let reading = null;

/** openapi.json, read once. */
export const needDocument = () => (reading ??= get("2/openapi.json").then((document) => (api.document = document),
  () => { reading = null; return null; }));

const DANGEROUS = /^(Remove|Reinstall|Recreate|Powercycle|Power-cycle|Power|Renew)/i;
const QUERY_LAST = new Set(["reason", "return_timeout", "dry-run", "lock"]);

/** The writes at a path and below it which the user may make. */
export function writesAt(prefix) {
  const found = [];
  for (const [path, methods] of Object.entries(api.document?.paths ?? {})) {
    if (path !== prefix && !path.replace(/{\w+}/g, "{}").startsWith(`${prefix.replace(/{\w+}/g, "{}")}/`)) continue;
    for (const [method, operation] of Object.entries(methods)) {
      if (!["put", "post", "delete"].includes(method)) continue;
      if (may(operation["x-permission"])) found.push(describe(path, method, operation));
    }
  }
  return found;
}

export function operationAt(method, path) {
  const operation = api.document?.paths?.[path]?.[method];
  return operation && describe(path, method, operation);
}

function describe(path, method, operation) {
  const parameters = operation.parameters ?? [];
  return { path, method, summary: operation.summary, description: operation.description,
    permission: operation["x-permission"], dangerous: DANGEROUS.test(operation.summary),
    items: parameters.filter((each) => each.in === "path"), query: parameters.filter((each) => each.in === "query"),
    body: operation.requestBody?.content?.["application/json"]?.schema ?? null,
    bodyNeeded: operation.requestBody?.required ?? false, opcode: operation["x-opcode"] ?? null };
}

const OF_JOBS = new Set(["reason", "depends", "comment", "debug_level", "dry_run"]);
const SECRET = /^osparams_(private|secret)/;

/** The request that submits such an opcode: the write, what fills its path, and what it is given; null if none does. */
export function requestOf(op) {
  for (const [path, methods] of Object.entries(api.document?.paths ?? {})) {
    for (const [method, operation] of Object.entries(methods)) {
      const fixed = operation["x-opcode"];
      if (!fixed || Object.entries(fixed).some(([name, value]) => op[name] !== value)) continue;
      const write = describe(path, method, operation);
      const items = Object.fromEntries(write.items.map(({ name }) => [name, op[name]]));
      if (Object.values(items).every((value) => typeof value === "string" || typeof value === "number")) return { write, items, ...givenTo(write, items, op) };
    }
  }
  return null;
}

/** What of an opcode is no default, by where the request has it. */
function givenTo(write, items, op) {
  const query = {}, inBody = {};
  let whole;
  for (const [name, value] of Object.entries(op)) {
    if (value === null || name in items || name in write.opcode || OF_JOBS.has(name) || SECRET.test(name)) continue;
    if (name.endsWith("_uuid") && (name.slice(0, -5) in op || `${name.slice(0, -4)}name` in op)) continue; // luxid's own
    const argument = write.query.find((each) => each.name.replaceAll("-", "_") === name);
    const schema = argument?.schema ?? write.body?.properties?.[name];
    const [, same] = /^The same as (?:`(\w+)`|the body)/.exec(schema?.description ?? "") ?? [null, name];
    if (!same || (!schema && write.body && !write.body.properties)) whole = value;
    else if (schema && JSON.stringify(schema.default) !== JSON.stringify(value)) (argument ? query : inBody)[argument?.name ?? same] = value;
  }
  if (write.body?.properties && "__version__" in write.body.properties) inBody.__version__ = 1;
  return { query, body: whole ?? (Object.keys(inBody).length ? inBody : undefined) };
}

/** Send a write. Gives the server's answer, mostly a job's id. */
export const send = (write, items, query = {}, body) => call(write.method.toUpperCase(), placeOf(write, items, query), body);

/** A write's path with its query. */
function placeOf({ path }, items, query) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value]) search.append(name, typeof each === "boolean" ? Number(each) : each);
  }
  return pathOf(path, items) + (search.size ? `?${search}` : "");
}

/** Say what came of a write, with the way to its job. */
export function tellJob(answer) {
  if (typeof answer === "number" || /^\d+$/.test(answer)) {
    const message = h("span", {}, "Job ", h("a", { href: `#/jobs/${answer}` }, String(answer)), " submitted");
    toast(message, "good");
  } else toast("Done", "good");
}

/** A write that needs no questions. */
export async function act(method, path, items, query, body) {
  try {
    tellJob(await send({ method, path }, items, query, body));
  } catch (error) {
    toast(error.message, "bad");
  }
}

const quote = (text) => `'${String(text).replaceAll("'", "'\\''")}'`;

export function asCurl(write, items, query, body) {
  const url = new URL(placeOf(write, items, query), BASE).href;
  const data = body === undefined ? "" : ` -H 'Content-Type: application/json' -d ${quote(JSON.stringify(body))}`;
  return `curl -u USER -X ${write.method.toUpperCase()}${data} ${quote(url)}`;
}

export function asRapi(write, items, query, body) {
  const data = body === undefined ? "" : ` -d ${quote(JSON.stringify(body))}`;
  return `rapi api -X ${write.method.toUpperCase()} ${quote(`/${placeOf(write, items, query)}`)}${data}`;
}

/**
 * A dialog for a write. `items` fill the path; `lead` says what it will do; `first` names the fields
 * above the fold; `values` are what fields begin with; `done` is told the answer.
 */
export function ask(operation, items, { lead, first = [], values = {}, done = tellJob, title, label } = {}) {
  const queries = operation.query.filter(({ name }) => name !== "lock" && name !== "return_timeout")
    .map((each) => new Field(each.name, { description: each.description, ...each.schema }, { required: each.required, value: values[each.name] }));
  const properties = operation.body?.properties ?? null;
  const needed = new Set(operation.body?.required ?? []);
  const hidden = new Set(Object.keys(items));
  const bodies = Object.entries(properties ?? {}).filter(([name]) => !hidden.has(name) && !/^The same as/.test(properties[name].description ?? "") && name !== "__version__")
    .map(([name, schema]) => new Field(name, schema, { required: needed.has(name), value: values[name] }));
  const whole = operation.body && !properties ? new Field("body", operation.body, { required: operation.bodyNeeded, value: values.body, label: "Value" }) : null;
  const paths = operation.items.filter(({ name }) => !(name in items)).map((each) => new Field(each.name, { description: each.description, ...each.schema }, { required: true }));
  const fields = [...paths, ...bodies, ...(whole ? [whole] : []), ...queries.filter(({ name }) => !QUERY_LAST.has(name)), ...queries.filter(({ name }) => QUERY_LAST.has(name))];
  const up = fields.filter((field) => field.required || first.includes(field.name) || field === whole);
  const rest = fields.filter((field) => !up.includes(field));
  const error = h("p", { class: "failure", role: "alert", hidden: true });
  const submit = h("button", { type: "submit", class: operation.dangerous ? "danger" : "primary" }, label ?? title ?? operation.summary);

  function collect() {
    const given = readAll(fields);
    const of = (those) => Object.fromEntries(those.filter(({ name }) => name in given).map(({ name }) => [name, given[name]]));
    const body = whole ? given.body : operation.body ? (Object.keys(of(bodies)).length || operation.bodyNeeded ? of(bodies) : undefined) : undefined;
    if (properties && "__version__" in properties && body) body.__version__ = 1;
    return [operation, { ...items, ...of(paths) }, of(queries), body];
  }

  async function go(event) {
    event.preventDefault();
    error.hidden = true;
    submit.disabled = true;
    try {
      const answer = await send(...collect());
      dialog.close();
      done(answer);
    } catch (problem) {
      if (problem instanceof FieldError) return;
      if (!(problem instanceof ApiError)) throw problem;
      if (!failField(fields, problem.message)) put(error, problem.message).hidden = false;
    } finally {
      submit.disabled = false;
    }
  }

  const dialog = openDialog(title ?? operation.summary, h("form", { onsubmit: go, novalidate: true },
    h("div", { class: "dialog-body" },
      lead && h("p", { class: "lead" }, lead), error, up.map((field) => field.element),
      rest.length > 0 && h("details", { class: "all", open: up.length === 0 && rest.length < 6 && !lead }, h("summary", {}, `${T.allParameters} (${rest.length})`), rest.map((field) => field.element))),
    h("div", { class: "dialog-foot" },
      [[T.copyRapi, asRapi], [T.copyCurl, asCurl]].map(([words, as]) => button(words, "copy", () => {
        try { copy(as(...collect())); } catch (e) { if (!(e instanceof FieldError)) throw e; }
      }, { class: "quiet" })),
      h("span", { class: "spring" }), button(T.cancel, null, () => dialog.close(), { class: "quiet" }), submit)));
  return dialog;
}

/** The dialog for a write at a path, as soon as it is known what the write takes. */
export async function askFor(method, path, items, options) {
  await needDocument();
  const operation = operationAt(method, path);
  if (operation) ask(operation, items, options);
  else toast(T.noDocument, "bad");
}

export function openDialog(title, ...children) {
  const dialog = h("dialog", { "aria-label": title }, h("header", {}, h("h2", {}, title),
    button(T.close, "close", () => dialog.close(), { class: "quiet icon-only" })), children);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

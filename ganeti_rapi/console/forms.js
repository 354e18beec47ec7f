// Forms made of JSON Schema, so that every parameter that the server takes is there.

import { h } from "./dom.js";
import { mib } from "./format.js";

/** What a schema says without its alternatives: the one that is not null, and whether null is one. */
export function meant(schema) {
  const options = schema.anyOf ?? schema.oneOf;
  if (!options) return schema;
  const useful = options.filter((option) => option.type !== "null");
  const enums = useful.find((option) => option.enum);
  return { ...(enums ?? useful[0] ?? {}), description: schema.description, default: schema.default };
}

function kindOf(schema) {
  const { type } = schema;
  const types = Array.isArray(type) ? type : [type];
  if (schema.enum) return "choice";
  if (types.includes("boolean")) return "flag";
  if (types.includes("integer") || types.includes("number")) {
    return schema.minimum === 0 && schema.maximum === 1 ? "flag" : "number";
  }
  if (types.includes("array")) return kindOf(meant(schema.items ?? {})) === "text" ? "list" : "json";
  if (types.includes("object")) return "json";
  if (types.includes("string")) return "text";
  return "json";
}

let count = 0;

/**
 * A field of a form. `read()` gives its value, undefined where it is left alone, and throws where
 * it cannot be read; `fail(text)` says beside it what is wrong.
 */
export class Field {
  constructor(name, schema, { required = false, value, label } = {}) {
    this.name = name;
    this.required = required;
    this.schema = meant(schema);
    this.kind = kindOf(this.schema);
    const id = `field-${(count += 1)}`;
    const { description = "", default: unset } = schema;
    this.error = h("p", { class: "field-error", id: `${id}-error`, hidden: true });
    this.control = this.makeControl(id, unset, value);
    this.element = h("div", { class: `field of-${this.kind}` },
      h("label", { for: id }, label ?? name, required && h("span", { class: "required" }, " required")),
      this.control, this.error, description && h("p", { class: "help", id: `${id}-help` }, description));
    this.control.setAttribute("aria-describedby", `${id}-error ${id}-help`);
  }

  makeControl(id, unset, value) {
    const spoken = unset === undefined || unset === null ? "" : JSON.stringify(unset);
    if (this.kind === "choice" || this.kind === "flag") {
      const choices = this.kind === "flag" ? [["true", "yes"], ["false", "no"]] : this.schema.enum.map((each) => [String(each), String(each)]);
      const without = this.required && this.kind === "choice" ? [] : [["", spoken ? `as usual (${this.kind === "flag" ? (unset ? "yes" : "no") : unset})` : "as usual"]];
      return h("select", { id, value }, [...without, ...choices].map(([each, text]) =>
        h("option", { value: each, selected: value !== undefined && String(value) === each }, text)));
    }
    if (this.kind === "json") {
      return h("textarea", { id, rows: 2, spellcheck: "false", placeholder: spoken || (this.schema.type === "array" ? "[]" : "{}"),
        value: value === undefined ? "" : JSON.stringify(value, null, 1) });
    }
    return h("input", { id, type: "text", inputmode: this.kind === "number" ? "decimal" : null, autocomplete: "off", spellcheck: "false",
      placeholder: this.kind === "list" ? "one, another" : spoken.replace(/^"|"$/g, ""),
      value: value === undefined ? "" : Array.isArray(value) ? value.join(", ") : String(value) });
  }

  read() {
    this.fail("");
    const text = this.control.value.trim();
    if (text === "") {
      if (this.required) throw this.wrong("This is needed.");
      return undefined;
    }
    if (this.kind === "flag") return text === "true";
    if (this.kind === "list") return text.split(/[,\s]+/).filter(Boolean);
    if (this.kind === "number") {
      const number = /[kmgt]/i.test(text) ? mib(text) : Number(text);
      if (Number.isNaN(number)) throw this.wrong("This is no number.");
      return number;
    }
    if (this.kind === "json") {
      try { return JSON.parse(text); } catch (error) { throw this.wrong(`This is no JSON: ${error.message}`); }
    }
    if (this.kind === "choice") return this.schema.enum.find((each) => String(each) === text);
    return text;
  }

  wrong(text) {
    this.fail(text);
    return new FieldError(text, this);
  }

  fail(text) {
    this.error.textContent = text;
    this.error.hidden = !text;
    this.control.setAttribute("aria-invalid", String(Boolean(text)));
    if (text) this.element.closest("details")?.setAttribute("open", "");
  }
}

export class FieldError extends Error {
  constructor(message, field) { super(message); this.field = field; }
}

/** Read fields into an object. Throws the first `FieldError`, when all have been looked at. */
export function readAll(fields) {
  const values = {};
  let first = null;
  for (const field of fields) {
    try {
      const value = field.read();
      if (value !== undefined) values[field.name] = value;
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      first ??= error;
    }
  }
  if (first) { first.field.control.focus(); throw first; }
  return values;
}

/** Say the server's words beside the field that they are about; false if they are about none. */
export function failField(fields, message) {
  const field = [...fields].sort((a, b) => b.name.length - a.name.length)
    .find(({ name }) => new RegExp(`(^|[^\\w])${name.replace(/\W/g, ".")}([^\\w]|$)`).test(message));
  if (!field) return false;
  field.fail(message);
  field.control.focus();
  return true;
}

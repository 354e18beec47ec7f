// Pieces that several pages are made of.

import { h, put } from "./dom.js";
import { icon } from "./icons.js";
import { size, percent, plain } from "./format.js";
import { JOB_STATES, ROLES, STATES, T, jobTitle } from "./texts.js";

/** A state: its colour and its word. */
const badge = ([word, tone, meaning]) =>
  h("span", { class: `state ${tone}`, title: meaning }, h("i", { "aria-hidden": "true" }), word);

export const instanceState = (state) => badge(STATES[state] ?? [state ?? "unknown", "idle"]);
export const jobState = (state) => badge(JOB_STATES[state] ?? [state, "idle"]);
export const nodeRole = (role) => badge(ROLES[role] ?? [role ?? "unknown", "idle"]);

export const link = (page, name, text) =>
  h("a", { href: `#/${page}/${encodeURIComponent(name)}`, class: "name" }, text ?? name);

export const tagList = (tags) => h("span", { class: "tags" }, (tags ?? []).map((tag) => h("span", { class: "tag" }, tag)));

/** How much of something is taken, as a bar and in words. */
export function meter(used, whole, words) {
  if (!(whole > 0)) return h("span", { class: "muted" }, "unknown");
  const share = percent(used, whole);
  const bar = h("span", { class: `bar ${share > 90 ? "bad" : share > 75 ? "warn" : ""}` }, h("span"));
  bar.firstChild.style.width = `${share}%`;
  const text = words ?? `${size(used)} of ${size(whole)}`;
  return h("span", { class: "meter", title: `${text}, ${Math.round(share)} %` }, bar, h("span", { class: "figure" }, text));
}

export const button = (label, name, onclick, more = {}) =>
  h("button", { type: "button", ...more, onclick }, name && icon(name), h("span", {}, label));

export const card = (title, ...children) =>
  h("section", { class: "card" }, title && h("h2", {}, title), children);

/** Names and values, one below the other. */
export const facts = (entries) => h("dl", { class: "facts" }, entries
  .filter(([, value]) => value !== undefined)
  .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value instanceof Node ? value : plain(value)))));

export const failure = (error) => h("p", { class: "failure", role: "alert" }, icon("warning"), error.message ?? String(error));

export const empty = (text) => h("p", { class: "empty" }, text);

export const jobLink = (job) => h("a", { href: `#/jobs/${job.id}`, class: "name" }, jobTitle(job.summary));

/** A message that goes away by itself. */
export function toast(text, tone = "") {
  const message = h("div", { class: `toast ${tone}`, role: "status" }, text);
  document.querySelector("#toasts")?.append(message);
  setTimeout(() => message.remove(), 6000);
}

export async function copy(text) {
  await navigator.clipboard.writeText(text);
  toast(T.copied);
}

/** Tabs, the chosen one kept while the page lives. */
export function tabs(entries, chosen, choose) {
  return h("div", { class: "tabs", role: "tablist" }, entries.map(([id, label]) =>
    h("button", { type: "button", role: "tab", "aria-selected": String(id === chosen), tabindex: id === chosen ? 0 : -1,
      onclick: () => choose(id),
      onkeydown: (event) => {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (!step) return;
        const place = entries.findIndex(([other]) => other === id);
        choose(entries[(place + step + entries.length) % entries.length][0]);
        event.currentTarget?.parentNode?.querySelector?.('[aria-selected="true"]')?.focus();
      } }, label)));
}

/** A menu below a button. */
export function menu(label, name, entries, more = {}) {
  const list = h("div", { class: "menu", hidden: true, role: "menu" });
  const opener = button(label, name, () => toggle(list.hidden), { "aria-haspopup": "menu", "aria-expanded": "false", ...more });
  const box = h("div", { class: "menu-box" }, opener, list);
  function toggle(open) {
    list.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    if (!open) return;
    put(list, entries().map(([text, act, tone]) => (act
      ? h("button", { type: "button", role: "menuitem", class: tone, onclick: () => { toggle(false); act(); } }, text)
      : h("div", { class: "menu-title" }, text))));
    list.querySelector("button")?.focus();
  }
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) { toggle(false); opener.focus(); event.stopPropagation(); }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || list.hidden) return;
    event.preventDefault();
    const items = [...list.querySelectorAll("button")];
    items[(items.indexOf(document.activeElement) + step + items.length) % items.length]?.focus();
  });
  box.addEventListener("focusout", (event) => { if (!box.contains(event.relatedTarget)) toggle(false); });
  return box;
}

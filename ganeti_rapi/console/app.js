// The frame of the console: who is here, where one can go, and the page in the middle.

import { login, logout, may, onSignedOut, readSession, session, startReads, stopReads } from "./api.js";
import { h, put, typing } from "./dom.js";
import { icon } from "./icons.js";
import { connection, follow, onConnection, stop } from "./live.js";
import { needDocument } from "./operations.js";
import { button, empty, failure, toast } from "./parts.js";
import { cluster, forget, generation, need, needCluster, onChange } from "./store.js";
import { strip } from "./strip.js";
import { PAGES, T, TAKES } from "./texts.js";

const main = h("main", { id: "main", tabindex: -1 });
const nav = h("nav", { "aria-label": "Pages" });
const who = h("div", { class: "who" });
const notice = h("div", { class: "notice", role: "status", hidden: true });
const title = h("span", { class: "cluster-name" });
let page = null;

// "#/instances/web1?q=…" is a page, what it shows, and its query.
export function where() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [name = "", ...rest] = path.split("/");
  return { name: name || "overview", items: rest.map(decodeURIComponent), query: new URLSearchParams(query) };
}

async function show() {
  const { name, items, query } = where();
  page?.leave?.();
  page = null;
  for (const link of nav.querySelectorAll("a")) {
    if (link.dataset.page === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.body.classList.remove("nav-open");
  const asked = location.hash;
  try {
    const file = name in PAGES || name === "create" ? name : null;
    if (!file) return void put(main, h("h1", {}, T.notFound));
    const module = await import(`./pages/${file}.js`);
    if (location.hash !== asked) return;
    page = module.page({ items, query });
    put(main, page.element);
    main.scrollTop = 0;
    document.title = `${page.title ?? PAGES[name]} · ${cluster.info?.name ?? T.brand}`;
    page.shown?.();
  } catch (error) {
    put(main, failure(error));
  }
}

onChange((kinds) => {
  title.textContent = cluster.info?.name ?? "";
  page?.update?.(kinds);
});

onConnection((state) => {
  if (state === "lost") put(notice, icon("warning"), T.lost).hidden = false;
  else if (!notice.hidden) { notice.hidden = true; toast(T.restored, "good"); }
  document.body.dataset.connection = state;
});

function drawFrame() {
  const search = h("input", { type: "search", id: "search", placeholder: T.searchHint, "aria-label": T.search, autocomplete: "off", spellcheck: "false",
    onkeydown: (event) => { if (event.key === "Enter") find(event.target.value); },
    oninput: (event) => { if (where().name === "instances" && where().items.length === 0) page?.search?.(event.target.value); } });
  put(document.body,
    h("a", { class: "skip", href: "#main", onclick: (event) => { event.preventDefault(); main.focus(); } }, "Skip to the page"),
    h("header", { class: "top" },
      button(T.menu, "menu", () => document.body.classList.toggle("nav-open"), { class: "quiet icon-only burger" }),
      h("a", { class: "brand", href: "#/overview" }, h("img", { src: "icon.svg", alt: "", width: 24, height: 24 }), h("strong", {}, T.brand), title),
      h("div", { class: "search", role: "search" }, icon("search"), search, h("kbd", { "aria-hidden": "true" }, "/")),
      button(T.theme, "theme", switchTheme, { class: "quiet icon-only" }), who),
    put(nav, Object.entries(PAGES).filter(([name]) => !TAKES[name] || may(TAKES[name])).map(([name, text]) => h("a", { href: `#/${name}`, "data-page": name }, icon(name), h("span", {}, text)))),
    h("div", { class: "middle" }, notice, main),
    strip(), h("div", { id: "toasts", "aria-live": "polite" }));
  drawWho();
}

function drawWho() {
  put(who, session.user
    ? [h("span", { class: "user" }, icon("user"), h("span", {}, session.user)),
      button(T.logout, "out", leaveForGood, { class: "quiet" })]
    : [h("span", { class: "muted" }, T.readOnly), button(T.login, "user", () => drawLogin(), { class: "primary" })]);
}

function find(text) {
  location.hash = `#/instances?q=${encodeURIComponent(text)}`;
}

function switchTheme() {
  const { dataset } = document.documentElement;
  const dark = dataset.theme ? dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("theme", dataset.theme);
}

function drawLogin(problem) {
  const error = h("p", { class: "failure", role: "alert", hidden: !problem }, problem);
  const name = h("input", { id: "login-name", name: "username", autocomplete: "username", autocapitalize: "off", spellcheck: "false", required: true });
  const password = h("input", { id: "login-password", name: "password", type: "password", autocomplete: "current-password", required: true });
  const submit = h("button", { type: "submit", class: "primary" }, T.login);
  async function go(event) {
    event.preventDefault();
    submit.disabled = true;
    error.hidden = true;
    try {
      await login(name.value, password.value);
      enter();
    } catch (failed) {
      put(error, failed.message).hidden = false;
      password.value = "";
      password.focus();
    } finally {
      submit.disabled = false;
    }
  }
  leave();
  put(document.body, h("div", { class: "login" }, h("main", { class: "login-card" },
    h("img", { src: "icon.svg", alt: "", width: 44, height: 44 }), h("h1", {}, T.brand), h("p", { class: "muted" }, T.loginLead), error,
    h("form", { onsubmit: go }, h("div", { class: "field" }, h("label", { for: "login-name" }, T.name), name),
      h("div", { class: "field" }, h("label", { for: "login-password" }, T.password), password), submit),
    session.permissions.size > 0 && button(T.lookAround, null, () => enter(), { class: "link" }))), h("div", { id: "toasts" }));
  name.focus();
  if (where().name in PAGES) import(`./pages/${where().name}.js`).catch(() => {}); // while the password is typed
}

/** Ask for nothing any more, and keep nothing. */
function leave() {
  stop();
  stopReads();
  forget();
  page?.leave?.();
  page = null;
  put(main);
}

async function leaveForGood() {
  leave();
  try {
    await logout();
    drawLogin();
  } catch (error) {
    enter();
    toast(error.message, "bad");
  }
}

/** Who comes in sees the place that was asked for. */
function enter() {
  startReads();
  forget();
  drawFrame();
  const first = need("instance"), begun = generation;
  show();
  Promise.race([first, new Promise((late) => setTimeout(late, 2000))]).then(() => { // behind what the page itself shows
    if (begun !== generation) return;
    need("job");
    needDocument().then((document) => {
      if (begun !== generation) return;
      follow(document);
      page?.update?.(new Set(["document"]));
    });
    needCluster();
  });
}

async function begin() {
  try {
    await readSession();
  } catch (error) {
    put(document.body, h("div", { class: "login" }, h("main", { class: "login-card" }, failure(error), button("Try again", "restart", begin, { class: "primary" }))));
    return;
  }
  if (session.user) enter();
  else drawLogin();
}

onSignedOut.add(() => drawLogin("Your session has ended. Log in again; you come back to this place."));
addEventListener("hashchange", () => document.querySelector(".top") && show());
addEventListener("keydown", (event) => {
  if (typing(event) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") { event.preventDefault(); document.querySelector("#search")?.focus(); }
  const goes = { g: true };
  if (goes[event.key]) { pendingGo = Date.now(); return; }
  const target = { o: "overview", i: "instances", n: "nodes", j: "jobs", c: "cluster" }[event.key];
  if (target && Date.now() - pendingGo < 1000) location.hash = `#/${target}`;
});
let pendingGo = 0;

begin();

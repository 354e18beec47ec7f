// A list of any length: only the rows on the screen are elements. Sorted, searched, selected by keys.

import { h, put, typing } from "./dom.js";
import { compile } from "./filter.js";
import { T } from "./texts.js";

const HEIGHT = 36, MARGIN = 8;
const collator = new Intl.Collator(undefined, { numeric: true });

/**
 * A table of rows. A column has an `id`, a `title`, the `value` of a row, perhaps how to `show` it,
 * a `width` for CSS, and `least`, the width of the table in pixels from which it is there.
 */
export class Table {
  constructor({ columns, key, label, open, selectable = false, onSelect = () => {}, sort, hidden = [] }) {
    Object.assign(this, { columns, key, open, selectable, onSelect });
    this.sort = sort ?? { id: columns[0].id, down: false };
    this.hiddenColumns = new Set(hidden);
    this.rows = [];
    this.shown = [];
    this.selected = new Set();
    this.active = 0;
    this.test = () => true;
    this.head = h("div", { class: "row head", role: "row" });
    this.inner = h("div", { class: "rows", role: "rowgroup" });
    this.note = h("p", { class: "empty", hidden: true });
    this.scroller = h("div", { class: "scroller", role: "grid", "aria-label": label, tabindex: 0,
      "aria-multiselectable": selectable ? "true" : null }, h("div", { role: "rowgroup", class: "head-group" }, this.head), this.inner);
    this.element = h("div", { class: "table" }, this.scroller, this.note);
    this.scroller.addEventListener("scroll", () => this.draw(), { passive: true });
    this.scroller.addEventListener("keydown", (event) => this.pressed(event));
    this.observer = new ResizeObserver(() => { this.drawHead(); this.draw(); });
    this.observer.observe(this.scroller);
  }

  leave() { this.observer.disconnect(); }

  setRows(rows) {
    this.rows = rows;
    const keys = new Set(rows.map(this.key));
    for (const key of [...this.selected]) if (!keys.has(key)) this.selected.delete(key);
    this.arrange();
  }

  setFilter(text) {
    this.test = compile(text, this.columns);
    this.filtered = text.trim() !== "";
    this.scroller.scrollTop = 0;
    this.active = 0;
    this.arrange();
  }

  arrange() {
    const column = this.columns.find(({ id }) => id === this.sort.id) ?? this.columns[0];
    const sign = this.sort.down ? -1 : 1;
    const of = column.order ?? column.value;
    this.shown = this.rows.filter(this.test).map((row) => [of(row), row])
      .sort(([a], [b]) => sign * compare(a, b)).map(([, row]) => row);
    this.active = Math.min(this.active, Math.max(0, this.shown.length - 1));
    this.note.hidden = this.shown.length > 0;
    this.note.textContent = this.filtered ? T.nothingFound : T.nothing;
    this.drawHead();
    this.draw();
    this.onSelect(this.chosen());
  }

  /** The selected rows. */
  chosen() { return this.shown.filter((row) => this.selected.has(this.key(row))); }

  get visibleColumns() {
    const width = this.scroller.clientWidth || 1200;
    return this.columns.filter(({ id, least = 0 }) => width >= least && !this.hiddenColumns.has(id));
  }

  get template() {
    return [...(this.selectable ? ["36px"] : []), ...this.visibleColumns.map(({ width = "minmax(80px, 1fr)" }) => width)].join(" ");
  }

  drawHead() {
    this.scroller.style.setProperty("--columns", this.template);
    const all = this.shown.length > 0 && this.chosen().length === this.shown.length;
    put(this.head,
      this.selectable && h("span", { role: "columnheader" }, h("input", { type: "checkbox", "aria-label": "Select all", checked: all, tabindex: -1,
        onchange: () => this.selectAll(!all) })),
      this.visibleColumns.map((column) => h("span", { role: "columnheader", class: column.class,
        "aria-sort": column.id === this.sort.id ? (this.sort.down ? "descending" : "ascending") : "none" },
      h("button", { type: "button", tabindex: -1, onclick: () => this.sortBy(column.id) }, column.title))));
    this.scroller.setAttribute("aria-rowcount", this.shown.length + 1);
  }

  sortBy(id) {
    this.sort = { id, down: this.sort.id === id && !this.sort.down };
    this.arrange();
  }

  selectAll(all) {
    this.selected = new Set(all ? this.shown.map(this.key) : []);
    this.arrange();
  }

  select(row) {
    const key = this.key(row);
    if (!this.selected.delete(key)) this.selected.add(key);
    this.drawHead();
    this.draw();
    this.onSelect(this.chosen());
  }

  draw() {
    const { scrollTop, clientHeight } = this.scroller;
    const first = Math.max(0, Math.floor(scrollTop / HEIGHT) - MARGIN);
    const last = Math.min(this.shown.length, Math.ceil((scrollTop + (clientHeight || 800)) / HEIGHT) + MARGIN);
    this.inner.style.height = `${this.shown.length * HEIGHT}px`;
    const columns = this.visibleColumns;
    put(this.inner, this.shown.slice(first, last).map((row, i) => this.row(row, first + i, columns)));
    this.scroller.setAttribute("aria-activedescendant", this.inner.querySelector(".active")?.id ?? "");
  }

  row(row, place, columns) {
    const chosen = this.selected.has(this.key(row));
    const element = h("div", { role: "row", class: `row${place === this.active ? " active" : ""}${chosen ? " chosen" : ""}`,
      id: `row-${place}`, "aria-rowindex": place + 2, "aria-selected": this.selectable ? String(chosen) : null,
      onclick: (event) => {
        if (event.target.closest("a, button, input")) return;
        this.active = place;
        this.open?.(row);
      } },
    this.selectable && h("span", { role: "gridcell" }, h("input", { type: "checkbox", checked: chosen, tabindex: -1,
      "aria-label": `Select ${this.key(row)}`, onchange: () => this.select(row) })),
    columns.map((column) => h("span", { role: "gridcell", class: column.class },
      column.show ? column.show(row) : String(column.value(row) ?? "–"))));
    element.style.top = `${place * HEIGHT}px`;
    return element;
  }

  pressed(event) {
    if (typing(event) && event.target.type !== "checkbox") return;
    const page = Math.floor(this.scroller.clientHeight / HEIGHT) - 1;
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -1e9, End: 1e9, j: 1, k: -1 }[event.key];
    const row = this.shown[this.active];
    if (step) this.go(this.active + step);
    else if (event.key === "Enter" && row && event.target === this.scroller) this.open?.(row);
    else if ((event.key === " " || event.key === "x") && row && this.selectable) this.select(row);
    else if (event.key === "a" && event.ctrlKey && this.selectable) this.selectAll(true);
    else return;
    event.preventDefault();
  }

  go(place) {
    this.active = Math.max(0, Math.min(this.shown.length - 1, place));
    const top = this.active * HEIGHT, { scrollTop, clientHeight } = this.scroller;
    if (top < scrollTop) this.scroller.scrollTop = top;
    else if (top + 2 * HEIGHT > scrollTop + clientHeight) this.scroller.scrollTop = top + 2 * HEIGHT - clientHeight;
    this.draw();
  }
}

function compare(a, b) {
  if (a === b) return 0;
  if (a === null || a === undefined) return 1;
  if (b === null || b === undefined) return -1;
  return typeof a === "number" && typeof b === "number" ? a - b : collator.compare(String(a), String(b));
}

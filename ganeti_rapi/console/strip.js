// The strip of jobs at the bottom of every page: what is under way, and what has just ended.

import { h, put } from "./dom.js";
import { icon } from "./icons.js";
import { ago, lasting, when } from "./format.js";
import { jobLink, jobState } from "./parts.js";
import { onChange, rows } from "./store.js";
import { T } from "./texts.js";

const UNDER_WAY = new Set(["queued", "waiting", "running", "canceling"]);
const SHOWN = 12;

export const underWay = (job) => UNDER_WAY.has(job.status);

/** The newest of the jobs first, those under way before all. */
export function newest(jobs, most) {
  const all = [...jobs.values()].sort((a, b) => b.id - a.id);
  return [...all.filter(underWay), ...all.filter((job) => !underWay(job))].slice(0, most);
}

export function strip() {
  const line = h("div", { class: "strip-line" });
  const list = h("div", { class: "strip-list", hidden: true });
  const toggle = h("button", { type: "button", class: "strip-toggle", "aria-expanded": "false",
    onclick: () => open(list.hidden) }, icon("up"), h("span", {}, T.jobs));
  const element = h("footer", { class: "strip", "aria-label": T.jobs }, list, h("div", { class: "strip-bar" }, toggle, line));

  function open(wanted) {
    list.hidden = !wanted;
    element.classList.toggle("open", wanted);
    toggle.setAttribute("aria-expanded", String(wanted));
    draw();
  }

  function draw() {
    const jobs = newest(rows.job ?? new Map(), SHOWN);
    const busy = jobs.filter(underWay);
    const first = busy.length ? busy.slice(0, 3) : jobs.slice(0, 1);
    put(line, first.length === 0 && h("span", { class: "muted" }, T.noJobs),
      first.map((job) => h("span", { class: "strip-job" }, jobState(job.status), jobLink(job),
        h("span", { class: "muted" }, job.end ? ago(job.end) : lasting(Date.now() - (job.start ?? job.received))))),
      busy.length > 3 && h("a", { href: "#/jobs?q=-status%3Dsuccess" }, `and ${busy.length - 3} more`));
    if (list.hidden) return;
    put(list, jobs.map((job) => h("div", { class: "strip-row" }, h("span", { class: "muted" }, String(job.id)),
      jobState(job.status), jobLink(job), h("span", { class: "muted" }, when(job.received)),
      h("span", { class: "muted" }, lasting(job.end ? job.end - (job.start ?? job.received) : Date.now() - job.received)))));
  }

  onChange((kinds) => kinds.has("job") && draw());
  setInterval(draw, 1000); // the clocks of what is under way; nothing is asked for
  draw();
  return element;
}

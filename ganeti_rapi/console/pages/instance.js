// One instance: what it is, what it does, and what can be done with it.

import { call, get, may, pathOf } from "../api.js";
import { h, put } from "../dom.js";
import { exactly, lasting, millis, plain, short, size, when } from "../format.js";
import { act, ask, askFor, writesAt } from "../operations.js";
import { button, card, copy, empty, facts, failure, instanceState, jobLink, jobState, link, menu, tabs, tagList } from "../parts.js";
import { need, onChange, rows } from "../store.js";
import { STATES, T } from "../texts.js";
import { newest } from "../strip.js";

const PATH = "/2/instances/{instance_name}";
const TABS = [["overview", "Overview"], ["console", "Console"], ["disks", "Disks"], ["network", "Network"], ["parameters", "Parameters"], ["jobs", "Jobs"], ["danger", "Danger"]];

export function instancePage(name, chosen = "overview") {
  const items = { instance_name: name };
  const element = h("div", { class: "page" });
  let shown = null, problem = null, info = null;

  async function read() {
    try {
      [shown, problem] = [await get(`2/instances/${encodeURIComponent(name)}`), null];
    } catch (error) {
      problem = error;
    }
    draw();
  }

  function choose(tab) {
    chosen = tab;
    history.replaceState(null, "", `#/instances/${encodeURIComponent(name)}/${tab}`);
    draw();
  }

  function actions() {
    const up = /^(running|ERROR_up)$/.test(shown.status);
    const put_ = (what) => act("put", `${PATH}/${what}`, items);
    return h("div", { class: "actions" },
      !up && may("instances.startup") && button(T.start, "start", () => put_("startup"), { class: "primary" }),
      up && may("instances.shutdown") && button(T.stop, "stop", () => askFor("put", `${PATH}/shutdown`, items, { title: `Stop ${name}`, label: T.stop, first: ["timeout", "reason"],
        lead: `Stops ${name}: asked to shut down first, and switched off after the timeout.` })),
      up && may("instances.reboot") && button(T.restart, "restart", () => askFor("post", `${PATH}/reboot`, items, { title: `Restart ${name}`, label: T.restart, first: ["type", "reason"], lead: "What runs in it is ended." })),
      up && shown.snodes.length > 0 && may("instances.migrate") && button(T.migrate, "migrate", () => askFor("put", `${PATH}/migrate`, items, { title: `Migrate ${name}`, label: T.migrate, first: ["mode"],
        lead: `Moves it from ${shown.pnode} to ${shown.snodes[0]} without a stop.` })),
      menu(T.more, "more", () => writesAt(PATH).filter((each) => !each.dangerous).map((each) => [each.summary, () => ask(each, each.items[0].name === "name" ? { name } : items)])));
  }

  function overview() {
    const { beparams: be } = shown;
    return h("div", { class: "columns" },
      card("State", h("p", { class: "big" }, instanceState(shown.status)), h("p", { class: "muted" }, STATES[shown.status]?.[2]),
        facts([["Wanted", shown.admin_state], ["Primary node", link("nodes", shown.pnode)],
          ["Secondary node", shown.snodes.length ? h("span", {}, shown.snodes.map((node) => link("nodes", node))) : "none"],
          ["Created", exactly(millis(shown.ctime))], ["Changed", exactly(millis(shown.mtime))], ["Serial", shown.serial_no]])),
      card("Machine", facts([["OS", shown.os], ["Hypervisor", shown.hypervisor], ["vCPUs", be.vcpus],
        ["Memory", be.minmem === be.maxmem ? size(be.maxmem) : `${size(be.minmem)} to ${size(be.maxmem)}`],
        ["Memory in use", shown.oper_ram === null || shown.oper_ram === undefined ? "–" : size(Number(shown.oper_ram))], ["Disks", `${shown["disk.sizes"].map(size).join(", ") || "none"} (${shown.disk_template})`],
        ["Addresses", shown["nic.ips"].filter(Boolean)], ["UUID", h("code", {}, shown.uuid)]])),
      card("Tags", shown.tags.length ? tagList(shown.tags) : empty("No tags"),
        may("tags.set") && button("Add tags", "tag", () => askFor("put", "/2/instances/{name}/tags", { name }, { title: `Tag ${name}`, first: ["tag"], label: "Add" }), { class: "quiet" })),
      card("Latest jobs", jobsTable(5)));
  }

  const jobsTable = (most) => {
    const about = [...(rows.job?.values() ?? [])].filter(({ summary }) => summary.some((text) => text.includes(`(${name})`)));
    const found = newest(new Map(about.map((job) => [job.id, job])), most);
    return found.length ? h("table", {}, h("tbody", {}, found.map((job) => h("tr", {}, h("td", {}, jobState(job.status)), h("td", {}, jobLink(job)),
      h("td", { class: "muted" }, when(job.received)), h("td", { class: "muted" }, job.end ? lasting(job.end - (job.start ?? job.received)) : ""))))) : empty("No jobs are kept about it");
  };

  const disks = () => card("Disks", h("table", {}, h("thead", {}, h("tr", {}, ["Disk", "Size", "Name", "UUID", ""].map((t) => h("th", {}, t)))),
    h("tbody", {}, shown["disk.sizes"].map((each, i) => h("tr", {}, h("td", {}, `disk ${i}`), h("td", {}, size(each)), h("td", {}, plain(shown["disk.names"]?.[i])), h("td", {}, h("code", {}, shown["disk.uuids"]?.[i] ?? "")),
      h("td", {}, may("instances.grow_disk") && button("Grow", "plus", () => askFor("post", `${PATH}/disk/{disk}/grow`, { ...items, disk: i }, { title: `Grow disk ${i} of ${name}`, label: "Grow", first: ["amount"] }), { class: "quiet" })))))));

  const nics = () => card("Network interfaces", h("table", {}, h("thead", {}, h("tr", {}, ["NIC", "Address", "MAC", "Network", "Mode", "Link"].map((t) => h("th", {}, t)))),
    h("tbody", {}, shown["nic.macs"].map((mac, i) => h("tr", {}, h("td", {}, `nic ${i}`), h("td", {}, plain(shown["nic.ips"][i])), h("td", {}, h("code", {}, mac)),
      h("td", {}, shown["nic.networks.names"]?.[i] ? link("networks", shown["nic.networks.names"][i]) : "–"), h("td", {}, plain(shown["nic.modes"]?.[i])), h("td", {}, plain(shown["nic.links"]?.[i])))))));

  const parameters = () => h("div", { class: "columns" }, [["Backend", "beparams", "custom_beparams"], ["Hypervisor", "hvparams", "custom_hvparams"]].map(([title, all, own]) =>
    card(title, h("table", { class: "parameters" }, h("tbody", {}, Object.entries(shown[all] ?? {}).sort().map(([key, value]) => {
      const custom = key in (shown[own] ?? {});
      return h("tr", { class: custom ? "own" : "" }, h("td", {}, h("code", {}, key)), h("td", {}, plain(value)), h("td", { class: "muted" }, custom ? "set here" : "from the cluster"));
    }))))), may("instances.modify") && card("Change", button("Change parameters", null, () => askFor("put", `${PATH}/modify`, items, { title: `Change ${name}`, first: ["beparams", "hvparams"], values: { beparams: shown.custom_beparams }, label: "Change" }))));

  const danger = () => {
    const found = writesAt(PATH).filter((each) => each.dangerous);
    return card(T.danger, found.length ? found.map((each) => h("div", { class: "danger-row" }, h("div", {}, h("strong", {}, each.summary), h("p", { class: "muted" }, each.description.replace(/ By the permission.*$/, ""))),
      button(each.summary, null, () => ask(each, each.items[0].name === "name" ? { name } : items, { lead: `This is about ${name}. It cannot be undone.` }), { class: "danger" }))) : empty("You may do nothing here"));
  };

  const screen = h("div", { class: "screen" });
  function consoleTab() {
    const command = h("div");
    const up = shown.status === "running" || shown.status === "ERROR_up";
    if (!up) return card("Console", empty("It does not run, and so has no console. Start it first."));
    if (may("instances.query.console")) get(`2/instances/${encodeURIComponent(name)}/console`).then((told) => {
      const line = told.command ? told.command.map((part) => (/^[\w./:=,@-]+$/.test(part) ? part : `'${part.replaceAll("'", "'\\''")}'`)).join(" ") : `${told.kind}://${told.host}:${told.port}`;
      const whole = told.kind === "ssh" ? `ssh -t ${told.user}@${told.host} ${line}` : line;
      put(command, h("h3", {}, T.consoleCommand), h("pre", {}, whole), button("Copy", "copy", () => copy(whole)));
    }, (error) => put(command, failure(error)));
    return card("Console", !may("instances.console") || screen.childElementCount ? screen : put(screen, button(T.consoleVnc, "console", () => openScreen(screen, name), { class: "primary" })), command);
  }

  function draw() {
    if (problem) {
      return void put(element, h("h1", {}, name), failure(problem), h("p", {}, h("a", { href: "#/instances" }, "All instances")));
    }
    if (!shown) return void put(element, h("h1", {}, name), h("p", { class: "muted" }, "Reading …"));
    const body = { overview, console: consoleTab, disks, network: nics, parameters, danger, jobs: () => card("Jobs", jobsTable(100)) }[chosen] ?? overview;
    put(element, h("p", { class: "crumbs" }, h("a", { href: "#/instances" }, "Instances")), h("div", { class: "title-row" }, h("h1", {}, name), instanceState(shown.status), h("span", { class: "spring" }), actions()),
      tabs(TABS, chosen, choose), body());
  }

  const summary = () => JSON.stringify([rows.instance?.get(name), [...(rows.job?.values() ?? [])].filter((j) => j.summary.some((t) => t.includes(`(${name})`)) && j.end).length]);
  let known = summary();
  read();
  need("instance");
  return { element, title: name, update(kinds) {
    if (!kinds.has("instance") && !kinds.has("job") && !kinds.has("document")) return;
    if (kinds.has("document")) return void draw();
    const now = summary();
    if (now !== known) { known = now; read(); } else if (kinds.has("job") && shown && (chosen === "overview" || chosen === "jobs")) draw();
  }, leave() { screen.dispatchEvent(new Event("leave")); } };
}

/** Ask for a ticket, and show the screen that it opens where noVNC is there. */
async function openScreen(screen, name) {
  try {
    const ticket = await call("POST", `2/instances/${encodeURIComponent(name)}/console/ticket`, {});
    const { default: RFB } = await import("../novnc/core/rfb.js");
    put(screen).classList.add("live");
    const viewer = new RFB(screen, ticket.url);
    viewer.scaleViewport = true;
    viewer.background = "#000";
    viewer.addEventListener("disconnect", () => shut(screen, empty("The screen was closed."), button(T.consoleVnc, "console", () => openScreen(screen, name))), { once: true });
    screen.addEventListener("leave", () => viewer.disconnect(), { once: true });
  } catch (error) {
    const why = error.status === 404 || error.status === 501 ? T.consoleNone
      : error.status === undefined ? "The viewer noVNC is not installed beside the daemon (Debian's package novnc). Use the command below." : error.message;
    shut(screen, h("p", { class: "empty" }, why));
  }
}

/** Show something in the place of the screen. */
function shut(screen, ...children) {
  screen.classList.remove("live");
  put(screen, children);
}

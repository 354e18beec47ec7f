// A new instance: what matters first, all parameters behind it, and "would it fit?" before it is made.

import { ApiError, get } from "../api.js";
import { h, put } from "../dom.js";
import { Field, FieldError, failField, readAll } from "../forms.js";
import { mib, plain, size } from "../format.js";
import { asCurl, needDocument, operationAt, send, tellJob } from "../operations.js";
import { button, card, copy, empty, failure } from "../parts.js";
import { cluster, need, needCluster, needOs, rows } from "../store.js";
import { T } from "../texts.js";

const PATH = "/2/instances";
const OURS = new Set(["name", "instance_name", "os", "os_type", "mode", "disk_template", "disks", "nics", "beparams", "hypervisor", "iallocator", "pnode", "snode", "start", "name_check", "ip_check", "__version__", "dry-run"]);
const FIT_PATIENCE = 20; // seconds

export function page() {
  const element = h("div", { class: "page narrow" }, h("h1", {}, T.create), h("p", { class: "muted" }, "Reading what the cluster offers …"));
  Promise.all([needDocument(), needCluster(), needOs()]).then(draw, (error) => put(element, h("h1", {}, T.create), failure(error)));
  need("node", "network");

  function draw() {
    const operation = operationAt("post", PATH);
    if (!operation || !cluster.info) return void put(element, h("h1", {}, T.create), failure({ message: "The cluster's limits could not be read." }));
    const properties = operation.body.properties, { info } = cluster;
    const policy = info.ipolicy, within = (name, show = plain) => `${show(policy.minmax[0].min[name])} to ${show(policy.minmax[0].max[name])}`;
    const text = (description, extra) => ({ type: "string", description, ...extra });
    const choice = (values, description, unset) => ({ enum: values, description, default: unset });
    const fields = {
      name: new Field("name", text("The full name, which becomes its host name."), { required: true, label: "Name" }),
      os: new Field("os", choice(cluster.os, "What is installed."), { required: true, label: "Operating system", value: cluster.os[0] }),
      vcpus: new Field("vcpus", { type: "integer", description: within("cpu-count"), default: info.beparams.default.vcpus }, { label: "vCPUs" }),
      memory: new Field("memory", text(`Such as 512M or 4G; ${within("memory-size", size)}`, { default: size(info.beparams.default.maxmem) }), { label: "Memory" }),
      template: new Field("disk_template", choice(info.enabled_disk_templates, "How the disks are kept; drbd has a copy on a second node."), { required: true, label: "Storage", value: info.enabled_disk_templates[0] }),
      disks: new Field("disks", text(`Sizes, with commas: 10G, 100G. Each ${within("disk-size", size)}`), { label: "Disks", value: "10G" }),
      network: new Field("network", choice([...(rows.network?.keys() ?? [])], "The network of its interface; without one, the cluster's usual link."), { label: "Network" }),
      ip: new Field("ip", text("An address of that network, or pool for the next free one; without a network, none."), { label: "Address" }),
      iallocator: new Field("iallocator", text("What chooses the nodes.", { default: info.default_iallocator || "" }), { label: "Allocator", value: info.default_iallocator || undefined }),
      pnode: new Field("pnode", choice([...(rows.node?.keys() ?? [])], "Instead of the allocator."), { label: "Primary node" }),
      snode: new Field("snode", choice([...(rows.node?.keys() ?? [])], "The second copy, with drbd."), { label: "Secondary node" }),
      start: new Field("start", { type: "boolean", default: true, description: "Whether it is started when it is made." }, { label: "Start it" }),
      name_check: new Field("name_check", { ...properties.name_check, default: undefined }, { label: "Name must resolve", value: false }),
      ip_check: new Field("ip_check", { ...properties.ip_check, default: undefined }, { label: "Address must be free", value: false }),
    };
    const rest = Object.entries(properties).filter(([name, schema]) => !OURS.has(name) && !/^The same as/.test(schema.description ?? "")).map(([name, schema]) => new Field(name, schema));
    const all = [...Object.values(fields), ...rest];
    const outcome = h("div", { "aria-live": "polite" });
    const submit = h("button", { type: "submit", class: "primary" }, "Create");

    function body() {
      const given = readAll(all);
      const disks = (given.disks ?? "").split(/[,\s]+/).filter(Boolean).map((each) => {
        const amount = mib(each);
        if (Number.isNaN(amount)) { fields.disks.fail(`${each} is no size`); throw new FieldError("", fields.disks); }
        return { size: amount };
      });
      const memory = given.memory === undefined ? undefined : mib(given.memory);
      if (Number.isNaN(memory)) { fields.memory.fail("This is no size: write 512M or 4G."); throw new FieldError("", fields.memory); }
      const nic = Object.fromEntries(Object.entries({ network: given.network, ip: given.ip }).filter(([, value]) => value !== undefined));
      const beparams = { ...(memory === undefined ? {} : { minmem: memory, maxmem: memory }), ...(given.vcpus === undefined ? {} : { vcpus: given.vcpus }) };
      const more = Object.fromEntries(rest.filter(({ name }) => name in given).map(({ name }) => [name, given[name]]));
      const nodes = given.pnode ? { pnode: given.pnode, ...(given.snode ? { snode: given.snode } : {}) } : given.iallocator ? { iallocator: given.iallocator } : {};
      const plainly = Object.fromEntries(["name", "os", "disk_template", "start", "name_check", "ip_check"].filter((name) => name in given).map((name) => [name, given[name]]));
      return { __version__: 1, mode: "create", ...plainly, disks: given.disk_template === "diskless" ? [] : disks, nics: [nic], beparams, ...nodes, ...more };
    }

    async function guarded(work) {
      put(outcome);
      try { await work(); } catch (error) {
        if (error instanceof FieldError) return;
        if (!(error instanceof ApiError)) throw error;
        if (!failField(all, error.message)) put(outcome, failure(error));
      }
    }

    const fit = () => guarded(async () => {
      put(outcome, h("p", { class: "muted" }, "Asking …"));
      const job = await send(operation, {}, { "dry-run": true, return_timeout: FIT_PATIENCE }, body());
      if (typeof job === "number") return void put(outcome, h("p", {}, h("a", { href: `#/jobs/${job}` }, `Job ${job}`), " is still being checked."));
      const why = job.opresult?.find((result) => Array.isArray(result) && typeof result[0] === "string");
      put(outcome, job.status === "success" ? h("p", { class: "success" }, T.fits) : failure({ message: `It does not: ${why ? [why[1]].flat(2).map(plain).join(" – ") : job.status}` }));
    });

    const create = (event) => {
      event.preventDefault();
      guarded(async () => {
        submit.disabled = true;
        try {
          const answer = await send(operation, {}, {}, body());
          tellJob(answer);
          location.hash = `#/jobs/${answer}`;
        } finally { submit.disabled = false; }
      });
    };

    const shown = (...names) => names.map((name) => fields[name].element);
    put(element, h("p", { class: "crumbs" }, h("a", { href: "#/instances" }, "Instances")), h("h1", {}, T.create),
      h("form", { onsubmit: create, novalidate: true },
        card("What it is", h("div", { class: "fields" }, shown("name", "os", "vcpus", "memory"))),
        card("Disks and network", h("div", { class: "fields" }, shown("template", "disks", "network", "ip"))),
        card("Where it runs", h("div", { class: "fields" }, shown("iallocator", "pnode", "snode", "start"))),
        h("details", { class: "card all" }, h("summary", {}, `${T.allParameters} (${rest.length + 2})`), h("div", { class: "fields" }, shown("name_check", "ip_check"), rest.map((field) => field.element))),
        outcome,
        h("div", { class: "foot" }, button(T.fit, null, fit), button(T.copyCurl, "copy", () => { try { copy(asCurl(operation, {}, {}, body())); } catch (error) { if (!(error instanceof FieldError)) throw error; } }, { class: "quiet" }), h("span", { class: "spring" }), h("a", { class: "button quiet", href: "#/instances" }, T.cancel), submit)));
    fields.name.control.focus();
  }
  return { element, title: T.create };
}

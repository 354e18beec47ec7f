// What the console says, in one place.

export const PAGES = {
  overview: "Overview", instances: "Instances", nodes: "Nodes", groups: "Groups", networks: "Networks",
  jobs: "Jobs", filters: "Filters", cluster: "Cluster", reference: "API",
};

/** What a page is nothing without. */
export const TAKES = {
  instances: "instances.list", nodes: "nodes.list", groups: "groups.list", networks: "networks.list",
  jobs: "jobs.list", filters: "filter.list", cluster: "cluster.info",
};

/** An instance's state: a word, its colour, and what it means. */
export const STATES = {
  running: ["running", "good", "As it should be."],
  ADMIN_down: ["stopped", "idle", "Stopped on purpose."],
  USER_down: ["shut down inside", "idle", "Its user shut it down."],
  ADMIN_offline: ["offline", "idle", "Marked offline: it is kept, and not started."],
  ERROR_down: ["down", "bad", "It should run and does not. Start it, or look why on its console."],
  ERROR_up: ["up", "warn", "It runs and should not. Stop it, or start it to say that it should."],
  ERROR_nodedown: ["node down", "bad", "Its node does not answer. Look at the node, or fail it over."],
  ERROR_nodeoffline: ["node offline", "bad", "Its node is offline. Fail it over to its secondary."],
  ERROR_wrongnode: ["wrong node", "bad", "It runs on another node than Ganeti thinks. Verify the cluster."],
  up: ["wanted up", "idle", "It should run; whether it does is being asked."],
  down: ["stopped", "idle", "It should not run."],
  offline: ["offline", "idle", "Marked offline."],
};

export const JOB_STATES = {
  queued: ["queued", "idle"], waiting: ["waiting for locks", "idle"], canceling: ["canceling", "warn"],
  running: ["running", "busy"], canceled: ["canceled", "warn"], success: ["done", "good"], error: ["failed", "bad"],
};

export const ROLES = {
  M: ["master", "good"], C: ["candidate", "good"], R: ["regular", "good"], D: ["drained", "warn"], O: ["offline", "bad"],
};

/** Jobs in words, by the name of their first opcode. */
export const OPERATIONS = {
  INSTANCE_STARTUP: "Start", INSTANCE_SHUTDOWN: "Stop", INSTANCE_REBOOT: "Restart", INSTANCE_CREATE: "Create",
  INSTANCE_REMOVE: "Remove", INSTANCE_MIGRATE: "Migrate", INSTANCE_FAILOVER: "Fail over",
  INSTANCE_SET_PARAMS: "Change", INSTANCE_GROW_DISK: "Grow a disk of", INSTANCE_REINSTALL: "Reinstall",
  INSTANCE_RENAME: "Rename", INSTANCE_MOVE: "Move", INSTANCE_REPLACE_DISKS: "Replace disks of",
  INSTANCE_ACTIVATE_DISKS: "Activate disks of", INSTANCE_DEACTIVATE_DISKS: "Deactivate disks of",
  INSTANCE_RECREATE_DISKS: "Recreate disks of", INSTANCE_CHANGE_GROUP: "Change the group of",
  NODE_EVACUATE: "Evacuate", NODE_SET_PARAMS: "Change", NODE_MIGRATE: "Migrate all of", NODE_REMOVE: "Remove",
  TAGS_SET: "Tag", TAGS_DEL: "Untag", CLUSTER_VERIFY: "Verify the cluster", BACKUP_EXPORT: "Export",
  GROUP_ADD: "Create group", GROUP_REMOVE: "Remove group", NETWORK_ADD: "Create network",
  NETWORK_REMOVE: "Remove network", NETWORK_CONNECT: "Connect network", CLUSTER_SET_PARAMS: "Change the cluster",
};

export const T = {
  brand: "Ganeti",
  search: "Search",
  searchHint: "Search by name, tag, node, address or state",
  filterHint: "Words, or conditions such as  status=running  memory>4G  tag=web  -node=node1",
  login: "Log in", logout: "Log out", name: "Name", password: "Password",
  loginLead: "Log in with your user of the remote API.",
  lookAround: "Look around without a login",
  readOnly: "read only",
  lost: "The connection is lost. What you see may be out of date; trying again …",
  restored: "Connected again.",
  noJobs: "No jobs under way", jobs: "Jobs", start: "Start", stop: "Stop", restart: "Restart", migrate: "Migrate",
  create: "New instance", cancel: "Cancel", close: "Close", send: "Submit", check: "Only check",
  reason: "Reason", reasonHint: "Kept with the job", allParameters: "All parameters",
  again: "Again", againLead: "The same request once more; change what should be different.",
  copyRapi: "Copy as rapi", copyCurl: "Copy as curl", copied: "Copied",
  noDocument: "What the server takes could not be read. Try again in a moment.",
  nothing: "Nothing here", nothingFound: "Nothing fits this search.",
  notFound: "There is no such page", danger: "What cannot be undone",
  selected: "selected", columns: "Columns", more: "More", theme: "Light or dark", menu: "Menu",
  fit: "Would it fit?", fits: "It fits: Ganeti has checked it and would go ahead.",
  consoleNone: "There is no screen of this instance over this port.",
  consoleVnc: "Open the screen", consoleCommand: "On the master node, as a command",
};

/** A job's summary, such as INSTANCE_STARTUP(web1.example.com), in words. */
export function jobTitle(summary) {
  const first = summary?.[0] ?? "";
  const match = /^(\w+?)(?:\((.*)\))?$/s.exec(first);
  if (!match) return first || "Job";
  const words = OPERATIONS[match[1]] ?? match[1].toLowerCase().replaceAll("_", " ").replace(/^./, (c) => c.toUpperCase());
  const more = summary.length > 1 ? ` and ${summary.length - 1} more` : "";
  return `${words}${match[2] ? ` ${match[2]}` : ""}${more}`;
}

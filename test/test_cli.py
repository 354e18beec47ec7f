"""The commands of `rapi` over the simulated cluster, in memory: what they send and show."""

from __future__ import annotations

import doctest
import json
import shlex
from inspect import signature

import click
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.client import RapiClient
from ganeti_rapi.client.cli import (
    asking,
    cluster,
    groups,
    instances,
    networks,
    nodes,
    shortening,
    upkeep,
)
from ganeti_rapi.client.cli.consoles import LINES

from .cli_double import CommandCase, leaves

CREATE = "instances create x.example.com --os noop+default --disk-template plain --disk 2G"

INSTANCE = "/2/instances/web1.example.com"
NODE = "/2/nodes/node2.example.com"

SUBMITTING: list[tuple[str, str, str, object]] = [
    (
        "instances create new1 --os o --disk-template drbd --disk 2G:vg=xenvg --disk 512 "
        "--nic link=br0,mode=bridged --node a --secondary b --beparams memory=1G,vcpus=2 "
        "--hvparams kernel_path=/k --osparams dhcp=no --no-start --set tags='[\"x\"]' --reason why",
        "POST",
        "/2/instances?reason=why",
        {
            "__version__": 1,
            "mode": "create",
            "name": "new1",
            "os": "o",
            "disk_template": "drbd",
            "disks": [{"size": 2048, "vg": "xenvg"}, {"size": 512}],
            "nics": [{"link": "br0", "mode": "bridged"}],
            "pnode": "a",
            "snode": "b",
            "beparams": {"memory": 1024, "vcpus": 2},
            "hvparams": {"kernel_path": "/k"},
            "osparams": {"dhcp": "no"},
            "start": False,
            "tags": ["x"],
        },
    ),
    ("instances start web1.example.com --force", "PUT", f"{INSTANCE}/startup?force=1", None),
    (
        "instances stop web1.example.com --timeout 5 --dry-run",
        "PUT",
        f"{INSTANCE}/shutdown?dry-run=1",
        {"timeout": 5},
    ),
    ("instances reboot web1.example.com --type full", "POST", f"{INSTANCE}/reboot?type=full", None),
    (
        "instances migrate web1.example.com --mode non-live --cleanup",
        "PUT",
        f"{INSTANCE}/migrate",
        {"mode": "non-live", "cleanup": True},
    ),
    (
        "instances failover web1.example.com --ignore-consistency",
        "PUT",
        f"{INSTANCE}/failover",
        {"ignore_consistency": True},
    ),
    (
        "instances modify web1.example.com --beparams vcpus=3,auto_balance=false,maxmem=default "
        "--set offline=false",
        "PUT",
        f"{INSTANCE}/modify",
        {"beparams": {"vcpus": 3, "auto_balance": False, "maxmem": "default"}, "offline": False},
    ),
    (
        "instances rename web1.example.com new --no-name-check --no-ip-check",
        "PUT",
        f"{INSTANCE}/rename",
        {"new_name": "new", "name_check": False, "ip_check": False},
    ),
    (
        "instances reinstall web1.example.com --os noop --no-start --yes",
        "POST",
        f"{INSTANCE}/reinstall",
        {"os": "noop", "start": False},
    ),
    (
        "instances export web1.example.com node2.example.com --shutdown --set compress=gzip",
        "PUT",
        f"{INSTANCE}/export",
        {
            "mode": "local",
            "destination": "node2.example.com",
            "shutdown": True,
            "compress": "gzip",
        },
    ),
    (
        "instances import new1 --os o --disk-template plain --src-node a --src-path /x --node b",
        "POST",
        "/2/instances",
        {
            "__version__": 1,
            "mode": "import",
            "name": "new1",
            "os": "o",
            "disk_template": "plain",
            "disks": [],
            "nics": [],
            "pnode": "b",
            "src_node": "a",
            "src_path": "/x",
        },
    ),
    (
        "instances import new1 --disk-template plain --source-handshake '[1, 2]' "
        "--source-x509-ca CERT --source-instance-name old --nic link=br0",
        "POST",
        "/2/instances",
        {
            "__version__": 1,
            "mode": "remote-import",
            "name": "new1",
            "disk_template": "plain",
            "disks": [],
            "nics": [{"link": "br0"}],
            "source_handshake": [1, 2],
            "source_x509_ca": "CERT",
            "source_instance_name": "old",
        },
    ),
    (
        'instances create-many \'[{"name": "a", "disk_template": "diskless", '
        '"disks": [], "nics": []}]\' --iallocator hail',
        "POST",
        "/2/instances-multi-alloc",
        {
            "iallocator": "hail",
            "instances": [
                {
                    "mode": "create",
                    "name": "a",
                    "disk_template": "diskless",
                    "disks": [],
                    "nics": [],
                }
            ],
        },
    ),
    (
        "instances prepare-export web1.example.com remote",
        "PUT",
        f"{INSTANCE}/prepare-export?mode=remote",
        None,
    ),
    (
        "instances export web1.example.com '[[\"host\", 1]]' --mode remote "
        '--x509-key-name \'["a", "b", "c"]\' --destination-x509-ca CERT',
        "PUT",
        f"{INSTANCE}/export",
        {
            "mode": "remote",
            "destination": [["host", 1]],
            "x509_key_name": ["a", "b", "c"],
            "destination_x509_ca": "CERT",
        },
    ),
    (
        "instances start web1.example.com --priority low --depends 7 --depends 8",
        "PUT",
        f"{INSTANCE}/startup",
        {"priority": 10, "depends": [[7, ["success"]], [8, ["success"]]]},
    ),
    ("instances remove-export web1.example.com --yes", "DELETE", f"{INSTANCE}/export", None),
    ("instances remove web1.example.com --yes", "DELETE", INSTANCE, None),
    (
        "instances grow-disk web1.example.com 0 1G --absolute --no-sync",
        "POST",
        f"{INSTANCE}/disk/0/grow",
        {"amount": 1024, "absolute": True, "wait_for_sync": False},
    ),
    (
        "instances replace-disks web1.example.com --mode replace_auto --disks 0,1",
        "POST",
        f"{INSTANCE}/replace-disks?mode=replace_auto&disks=0%2C1",
        None,
    ),
    (
        "instances recreate-disks web1.example.com --disks 0 --nodes a,b --yes",
        "POST",
        f"{INSTANCE}/recreate-disks",
        {"disks": [0], "nodes": ["a", "b"]},
    ),
    (
        "instances activate-disks web1.example.com --ignore-size",
        "PUT",
        f"{INSTANCE}/activate-disks?ignore_size=1",
        None,
    ),
    (
        "instances deactivate-disks web1.example.com --force",
        "PUT",
        f"{INSTANCE}/deactivate-disks?force=1",
        None,
    ),
    (
        "nodes set-role node2.example.com offline --no-auto-promote",
        "PUT",
        f"{NODE}/role?auto-promote=0",
        "offline",
    ),
    (
        "nodes modify node2.example.com --online --not-vm-capable --ndparams spindle_count=2",
        "POST",
        f"{NODE}/modify",
        {"offline": False, "vm_capable": False, "ndparams": {"spindle_count": "2"}},
    ),
    ("nodes migrate node2.example.com --mode live", "POST", f"{NODE}/migrate", {"mode": "live"}),
    (
        "nodes evacuate node2.example.com all --iallocator hail --early-release --yes",
        "POST",
        f"{NODE}/evacuate",
        {"mode": "all", "iallocator": "hail", "early_release": True},
    ),
    ("nodes powercycle node2.example.com --yes", "POST", f"{NODE}/powercycle", None),
    (
        "nodes storage modify node2.example.com lvm-pv /dev/sda --not-allocatable",
        "PUT",
        f"{NODE}/storage/modify?storage_type=lvm-pv&name=%2Fdev%2Fsda&allocatable=0",
        None,
    ),
    (
        "nodes storage repair node2.example.com lvm-vg xenvg",
        "PUT",
        f"{NODE}/storage/repair?storage_type=lvm-vg&name=xenvg",
        None,
    ),
    (
        "groups create new --alloc-policy last_resort",
        "POST",
        "/2/groups",
        {"name": "new", "alloc_policy": "last_resort"},
    ),
    (
        "groups modify default --ndparams spindle_count=2",
        "PUT",
        "/2/groups/default/modify",
        {"ndparams": {"spindle_count": "2"}},
    ),
    ("groups rename default new", "PUT", "/2/groups/default/rename", {"new_name": "new"}),
    (
        "groups assign-nodes default node4.example.com node5.example.com --force",
        "PUT",
        "/2/groups/default/assign-nodes?force=1",
        {"nodes": ["node4.example.com", "node5.example.com"]},
    ),
    ("groups remove default --yes", "DELETE", "/2/groups/default", None),
    (
        "networks create new 192.0.2.0/24 --gateway 192.0.2.1 --reserve 192.0.2.2,192.0.2.3",
        "POST",
        "/2/networks",
        {
            "network_name": "new",
            "network": "192.0.2.0/24",
            "gateway": "192.0.2.1",
            "add_reserved_ips": ["192.0.2.2", "192.0.2.3"],
        },
    ),
    (
        "networks modify internal --mac-prefix aa:bb:cc --release 203.0.113.2",
        "PUT",
        "/2/networks/internal/modify",
        {"mac_prefix": "aa:bb:cc", "remove_reserved_ips": ["203.0.113.2"]},
    ),
    ("networks rename internal new", "PUT", "/2/networks/internal/rename", {"new_name": "new"}),
    (
        "networks connect internal default bridged br0",
        "PUT",
        "/2/networks/internal/connect",
        {"group_name": "default", "network_mode": "bridged", "network_link": "br0"},
    ),
    (
        "networks disconnect internal default",
        "PUT",
        "/2/networks/internal/disconnect",
        {"group_name": "default"},
    ),
    ("networks remove internal --yes", "DELETE", "/2/networks/internal", None),
    (
        "instances move web1.example.com node3.example.com --ignore-consistency --yes",
        "PUT",
        f"{INSTANCE}/move",
        {"target_node": "node3.example.com", "ignore_consistency": True},
    ),
    (
        "instances change-group web1.example.com --to racks-b --iallocator hail",
        "PUT",
        f"{INSTANCE}/change-group",
        {"target_groups": ["racks-b"], "iallocator": "hail"},
    ),
    (
        "groups evacuate default --to racks-b --iallocator hail --sequential --yes",
        "POST",
        "/2/groups/default/evacuate",
        {"target_groups": ["racks-b"], "iallocator": "hail", "sequential": True},
    ),
    (
        "groups verify default --clutter",
        "POST",
        "/2/groups/default/verify",
        {"verify_clutter": True},
    ),
    ("groups verify-disks default", "POST", "/2/groups/default/verify-disks", None),
    (
        "cluster verify --group default --ignore ENODELVM,ENODESSH --skip nplusone_mem",
        "POST",
        "/2/verify",
        {
            "group_name": "default",
            "ignore_errors": ["ENODELVM", "ENODESSH"],
            "skip_checks": ["nplusone_mem"],
        },
    ),
    ("cluster verify-config", "POST", "/2/verify-config", {}),
    ("cluster verify-disks", "POST", "/2/verify-disks", {}),
    (
        "cluster repair-disk-sizes web1.example.com",
        "POST",
        "/2/repair-disk-sizes",
        {"instances": ["web1.example.com"]},
    ),
    ("cluster rename new.example.com --yes", "PUT", "/2/rename", {"name": "new.example.com"}),
    (
        "cluster renew-crypto --ssh-keys --ssh-key-type rsa --ssh-key-bits 4096 --yes",
        "POST",
        "/2/renew-crypto",
        {"renew_ssh_keys": True, "ssh_key_type": "rsa", "ssh_key_bits": 4096},
    ),
    ("cluster master-ip activate", "PUT", "/2/master-ip", None),
    ("cluster master-ip deactivate --yes", "DELETE", "/2/master-ip", None),
    ("nodes remove node2.example.com --yes", "DELETE", NODE, None),
    *(
        (f"nodes power {words}", "PUT", f"{NODE}/power", {"command": f"power-{name}", **more})
        for words, name, more in (
            ("on node2.example.com", "on", {}),
            ("off node2.example.com --ignore-status --yes", "off", {"ignore_status": True}),
            ("cycle node2.example.com --yes", "cycle", {}),
        )
    ),
    (
        "nodes restricted-command node2.example.com look --yes",
        "POST",
        f"{NODE}/restricted-command",
        {"command": "look"},
    ),
    ("cluster redistribute-config", "PUT", "/2/redistribute-config", None),
    (
        "cluster modify --set candidate_pool_size=5",
        "PUT",
        "/2/modify",
        {"candidate_pool_size": 5},
    ),
    *(
        (f"tags {verb} {kind} {name} a b", method, f"/2/{where}tags?tag=a&tag=b", None)
        for verb, method in (("add", "PUT"), ("remove", "DELETE"))
        for kind, name, where in (
            ("cluster", "", ""),
            ("node", "node2.example.com", "nodes/node2.example.com/"),
            ("instance", "web1.example.com", "instances/web1.example.com/"),
            ("group", "default", "groups/default/"),
            ("network", "internal", "networks/internal/"),
        )
    ),
]
"""Command lines, and the request that they send: method, URI and body."""

ELSEWHERE = (
    *("jobs cancel 1", "jobs archive", "jobs change-priority", "login", "console"),
    *("profiles list", "profiles use", "profiles remove"),
    *("filters show", "filters add", "filters replace", "filters remove"),
    *("cluster verification", "cluster capacity", "cluster balance"),
    *("nodes power status", "nodes health"),
)
"""Commands with tests of their own."""

READING = (
    *("cluster config", "cluster ext-storage", "nodes volumes node1.example.com"),
    "cluster would-fit new1 --memory 1G --disk 10G --disk-template plain --os noop",
    *("top", "top --once --by instances"),
    *("health", "openapi", "cluster version", "filters list"),
    *("info", "os", "features", "cluster info", "query node", "query node name,mfree"),
    *(f"{kind} list" for kind in ("instances", "nodes", "groups", "networks", "jobs")),
    *("instances show web1.example.com", "instances info web1.example.com --static"),
    *("instances console web1.example.com", "nodes show node1.example.com"),
    *("nodes role node1.example.com", "nodes storage list node1.example.com lvm-vg"),
    *("groups show default", "networks show internal"),
    *("jobs show 1", "jobs wait 1 --timeout 5", "jobs watch 1"),
    "jobs autoarchive 86400 --timeout 9",
    "tags search ^prod",
    *("dump", "dump --anonymous", "events --after x --limit 1", "api /2/info"),
    *("cluster queue info", "cluster queue drain", "cluster queue undrain"),
    *("cluster watcher info", "cluster watcher pause 30m", "cluster watcher continue"),
    *("tags list cluster", "tags list node node1.example.com", "tags list group default"),
    *("tags list instance web1.example.com", "tags list network internal"),
)
"""Command lines that submit no job."""


def required_options(command: click.Command) -> list[str]:
    """The names of the options that a command cannot do without."""
    parameters = command.get_params(click.Context(command))
    return [
        str(parameter.name)
        for parameter in parameters
        if isinstance(parameter, click.Option) and parameter.required
    ]


class EveryCommandTests(CommandCase):
    def test_the_tables_have_every_command(self) -> None:
        lines = [line for line, *_ in SUBMITTING] + [*READING, *ELSEWHERE]
        for path, _ in leaves():
            with self.subTest(path=path):
                self.assertTrue(any(line.startswith(" ".join(path)) for line in lines), path)

    def test_help(self) -> None:
        for path in [(), *(path for path, _ in leaves())]:
            self.assertIn("--json", self.type(" ".join([*path, "--help"])).stdout)

    def test_every_option_says_what_it_is_for(self) -> None:
        for path, command in leaves():
            self.assertTrue(command.help, path)
            for parameter in command.get_params(click.Context(command)):
                if isinstance(parameter, click.Option):
                    self.assertTrue(parameter.help, (path, parameter.name))

    def test_what_is_sent(self) -> None:
        for line, method, uri, body in SUBMITTING:
            result = self.type(f"{line} --submit")
            request = self.line.requests[-1]
            self.assertEqual((request.method, request.uri, request.body), (method, uri, body))
            self.assertTrue(result.stdout.strip().isdigit(), "the job's id")

    def test_reading(self) -> None:
        for line in READING:
            self.type(line)
            json.loads(self.type(f"{line} --json").stdout)

    def test_version(self) -> None:
        self.assertRegex(self.type("--version").stdout, r"^rapi, version \d")


class ActionTests(SynchronousTestCase):
    def test_actions_name_methods_and_say_what_those_take(self) -> None:
        families = (cluster, groups, instances, networks, nodes, upkeep)
        rows = [row for module in families for row in module.ACTIONS] + [*nodes.STORAGE_ACTIONS]
        for row in rows:
            method = getattr(RapiClient, row.method) if isinstance(row.method, str) else row.method
            accepted = signature(method).parameters
            takes = (
                ["set"] if any(each.kind is each.VAR_KEYWORD for each in accepted.values()) else []
            )
            takes += ["dry_run"] if "dry_run" in accepted else []
            self.assertEqual((row.name, takes), (row.name, list(row.takes)))
            self.assertIn("reason", accepted)


class JobTests(CommandCase):
    def test_waiting(self) -> None:
        result = self.type(f"{CREATE} --node node1.example.com")
        self.assertIn("creating instance disks", result.stderr)
        self.assertRegex(result.stderr, r"Job \d+ success\n$")
        self.assertIn("node1.example.com", result.stdout)

    def test_waiting_for_a_program(self) -> None:
        result = self.type(f"{CREATE} --node node1.example.com --json")
        ended = json.loads(result.stdout)
        self.assertEqual((ended["status"], ended["result"]), ("success", [["node1.example.com"]]))

    def test_a_job_that_fails(self) -> None:
        line = f"{CREATE} --os nosuch --node node1.example.com"
        self.fails(line, 1, "failed: OpExecError: OS Parameters validation failed")

    def test_not_waiting(self) -> None:
        for word in ("--submit", "--no-wait"):
            result = self.type(f"{CREATE} --os nosuch --node node1.example.com {word}")
            self.assertRegex(result.stdout, r"^\d+\n$")
            self.assertEqual(result.stderr, "")

    def test_waiting_may_be_asked_for(self) -> None:
        self.assertIn("success", self.type("cluster redistribute-config --wait").stderr)

    def test_a_job_that_fails_for_a_program(self) -> None:
        result = self.line.type(f"{CREATE} --os nosuch --node node1.example.com --json")
        job = json.loads(result.stdout)
        self.assertEqual((result.exit_code, job["status"]), (1, "error"))
        self.assertEqual(job["result"][0][0], "OpExecError")
        self.assertIn(f"Job {job['id']} failed", result.stderr)

    def test_a_job_that_is_canceled_for_a_program(self) -> None:
        self.line.hold_up("OP_CLUSTER_REDIST_CONF")
        job_id = int(self.type("cluster redistribute-config --submit").stdout)
        self.type(f"jobs cancel {job_id}")
        result = self.line.type(f"jobs watch {job_id} --json")
        self.assertEqual((result.exit_code, json.loads(result.stdout)["status"]), (1, "canceled"))

    def test_a_job_that_goes_on_for_a_program(self) -> None:
        self.line.hold_up("OP_CLUSTER_REDIST_CONF")
        job_id = int(self.type("cluster redistribute-config --submit").stdout)
        result = self.line.type(f"jobs wait {job_id} --timeout 3 --json")
        self.assertEqual(json.loads(result.stdout), {"id": job_id, "status": None, "result": None})

    def test_the_jobs_of_a_job(self) -> None:
        line = "nodes evacuate node1.example.com secondary-only --iallocator hail --yes --json"
        result = self.type(line)
        ended = json.loads(result.stdout)
        (moved,) = ended["result"]
        self.assertTrue(moved["jobs"])
        for _, job_id in moved["jobs"]:
            self.assertIn(f"Job {job_id} success", result.stderr)

    def test_a_question(self) -> None:
        line = "instances remove web1.example.com"
        self.patch(asking, "is_terminal", lambda: True)
        for answer in ("", "n\n"):
            result = self.line.type(line, input=answer)
            self.assertEqual(result.exit_code, 2)
            self.assertIn("nothing was done; --yes does it without asking", result.stderr)
        self.assertEqual(self.line.requests, [])
        # click 8.1's runner shows what is typed on stdout, before the job.
        self.assertTrue(self.type(f"{line} --submit", input="y\n").stdout.split()[-1].isdigit())

    def test_nobody_to_ask(self) -> None:
        result = self.line.type("instances remove web1.example.com", input="y\n")
        self.assertEqual((result.exit_code, self.line.requests), (2, []))
        self.assertNotIn("[y/N]", result.output)

    def test_a_dry_run_asks_nothing(self) -> None:
        self.type("instances remove web1.example.com --dry-run")

    def test_without_a_nic(self) -> None:
        for words, nics in (("", [{}]), (" --no-nics", [])):
            self.type(f"{CREATE} --submit{words}")
            self.assertEqual(self.line.requests[-1].body["nics"], nics)

    def test_cancelling(self) -> None:
        self.fails("jobs cancel 1", 1, "Job 1")
        done, _ = json.loads(self.line.type("jobs cancel 1 --json").stdout)
        self.assertFalse(done)
        self.line.hold_up("OP_CLUSTER_REDIST_CONF")
        job_id = self.type("cluster redistribute-config --submit").stdout.strip()
        self.assertIn(job_id, self.type(f"jobs cancel {job_id}").stdout)

    def test_another_priority(self) -> None:
        self.fails("jobs change-priority -- 1 -5", 1, "Job 1")
        self.line.hold_up("OP_CLUSTER_REDIST_CONF")
        job_id = self.type("cluster redistribute-config --submit").stdout.strip()
        self.assertIn(job_id, self.type(f"jobs change-priority {job_id} 10").stdout)
        self.fails(f"jobs change-priority {job_id} 20", 2, "20")

    def test_archiving(self) -> None:
        self.assertEqual(json.loads(self.type("jobs archive 1 2 --json").stdout), [1, 2])
        self.fails("jobs archive 3 1", 5, "There is no job 1")
        self.assertNotIn(3, [job["id"] for job in json.loads(self.type("jobs list --json").stdout)])
        self.fails("cluster watcher pause 5x", 2, "5x")

    def test_a_job_that_does_not_end(self) -> None:
        self.line.hold_up("OP_CLUSTER_REDIST_CONF")
        job_id = self.type("cluster redistribute-config --submit").stdout.strip()
        self.fails(f"jobs wait {job_id} --timeout 3", 7, f"rapi jobs watch {job_id}")

    def test_tags(self) -> None:
        self.type("tags add cluster blue")
        self.assertIn("blue", self.type("tags list cluster").stdout)


class WrongTests(CommandCase):
    def test_values(self) -> None:
        for line, words in (
            (f"{CREATE} --disk much", "'much' is not a size"),
            (f"{CREATE} --nic br0", "'br0' is not KEY=VALUE"),
            (f"{CREATE} --set x", "'x' is not KEY=VALUE"),
            ("instances recreate-disks i --disks a", "'a' is not NUMBER"),
            ("jobs show one", "'one' is no job's number"),
            ("jobs list --limit 0", "0 is not in the range"),
            ("instances modify web1.example.com --set nosuch=1", "no parameter 'nosuch'"),
        ):
            self.fails(line, 2, words)

    def test_what_is_missing_is_asked_for_and_nothing_is_sent(self) -> None:
        sent = len(self.line.requests)
        for line, option in (
            ("instances create x", "--disk-template"),
            ("instances replace-disks web1.example.com", "--mode"),
            ("nodes storage modify node1.example.com lvm-vg xenvg", "--allocatable"),
            ("cluster would-fit x --disk 1G --disk-template plain", "--memory"),
        ):
            self.fails(line, 2, f"Missing option '{option}'")
        self.assertEqual(len(self.line.requests), sent)

    def test_every_required_option_is_among_those_above(self) -> None:
        required = [path for path, command in leaves() if required_options(command)]
        self.assertEqual(
            required,
            [
                ("instances", "create"),
                ("instances", "import"),
                ("instances", "replace-disks"),
                ("nodes", "storage", "modify"),
                ("filters", "add"),
                ("filters", "replace"),
                ("cluster", "would-fit"),
            ],
        )

    def test_what_is_not_there(self) -> None:
        self.fails("instances show nobody", 5, "no instance 'nobody'")
        self.fails("jobs show 99999", 5, "There is no job 99999")


class ShortNameTests(CommandCase):
    def test_the_first_part_of_one_name(self) -> None:
        self.assertIn("web1.example.com", self.type("instances show web1").stdout)
        self.assertEqual(self.type("nodes role NODE4").stdout, "master-candidate\n")
        self.assertEqual(self.type("tags list instance web1 --json").stdout[0], "[")

    def test_a_full_name_costs_no_question(self) -> None:
        self.type("instances show web1.example.com")
        self.assertEqual(len(self.line.requests), 1)

    def test_a_name_that_is_short_for_several(self) -> None:
        create = "--os noop+default --disk-template diskless --no-nics --node node1.example.com"
        self.type(
            f"instances create web1.other.example {create} --no-start --no-name-check --no-ip-check"
        )
        words = "web1 is short for web1.example.com, web1.other.example; which instance?"
        self.fails("instances show web1", 2, words)

    def test_a_name_that_is_not_there(self) -> None:
        for name in ("web", "nosuch"):
            self.fails(f"instances show {name}", 5, f"no instance '{name}'")

    def test_the_example(self) -> None:
        self.assertEqual(doctest.testmod(shortening).failed, 0)


class ConsoleTests(CommandCase):
    def test_the_line_can_be_typed(self) -> None:
        words = shlex.split(self.type("instances console web1").stdout)
        self.assertEqual(words[:3], ["ssh", "-t", "root@node1.example.com"])
        (remote,) = words[3:]
        command = json.loads(self.type("instances console web1 --json").stdout)["command"]
        self.assertEqual(shlex.split(remote), command)

    def test_an_instance_that_is_down(self) -> None:
        words = "build1 is down and has no console: rapi instances start build1"
        self.fails("instances console build1", 6, words)

    def test_kinds(self) -> None:
        for console, line in (
            (
                {"kind": "ssh", "host": "a", "port": 2222, "command": ["x", "y z"]},
                "ssh -t -p 2222 a 'x '\"'\"'y z'\"'\"''",
            ),
            ({"kind": "vnc", "host": "a", "port": 5901}, "vncviewer a::5901"),
            ({"kind": "spice", "host": "a", "port": 5902}, "remote-viewer spice://a:5902"),
            ({"kind": "msg", "message": "No console"}, "No console"),
        ):
            self.assertEqual(LINES[str(console["kind"])](console), line)

    def test_an_empty_name(self) -> None:
        sent = len(self.line.requests)
        for line in ("instances remove '' --yes", "tags add cluster a ''"):
            self.fails(line, 2, "it is empty")
        self.assertEqual(len(self.line.requests), sent)

from __future__ import annotations

from typing import Any

from .harness import ApiCase

NOT_BOTH = "Give either a body or the query arguments os and nostartup, not both"

CREATE: dict[str, object] = {"name": "web", "mode": "create", "disks": [], "nics": []}


class CreationTests(ApiCase):
    def test_only_version_1(self) -> None:
        parameter = "parameter OP_INSTANCE_CREATE.__version__: expected one of 1"
        for version, message in (
            ({}, f"Missing {parameter}"),
            ({"__version__": None}, f"Invalid {parameter}, got null"),
            ({"__version__": 0}, f"Invalid {parameter}, got a number"),
            ({"__version__": 2}, f"Invalid {parameter}, got a number"),
            ({"__version__": True}, f"Invalid {parameter}, got a boolean"),
            ({"__version__": "1"}, f"Invalid {parameter}, got another string"),
        ):
            self.assert_refused("POST", "/2/instances", {**CREATE, **version}, message)

    def test_blanks_between_usb_devices_become_commas(self) -> None:
        hvparams = {"usb_devices": "mouse  tablet", "acpi": True}
        commas = {"usb_devices": "mouse,,tablet", "acpi": True}
        create = {"__version__": 1, **CREATE, "hvparams": hvparams}
        self.assertEqual(self.submit("POST", "/2/instances", create)["hvparams"], commas)
        for name in ("hvparams", "custom_hvparams"):
            modify = self.submit("PUT", "/2/instances/web/modify", {name: hvparams})
            self.assertEqual(modify["hvparams"], commas)
        several = {"instances": [{**CREATE, "hvparams": hvparams}]}
        (nested,) = self.submit("POST", "/2/instances-multi-alloc", several)["instances"]
        self.assertEqual(nested["hvparams"], commas)

    def test_usb_devices_are_text(self) -> None:
        body = {"hvparams": {"usb_devices": ["mouse"]}}
        message = (
            "Invalid parameter OP_INSTANCE_SET_PARAMS.hvparams: "
            "key 'usb_devices': expected a string, got a list"
        )
        self.assert_refused("PUT", "/2/instances/web/modify", body, message)


class MultiAllocationTests(ApiCase):
    URI = "/2/instances-multi-alloc"

    def test_every_instance_is_an_opcode_with_all_its_parameters(self) -> None:
        body = {"instances": [CREATE, {**CREATE, "os": "noop"}]}
        opcode = self.submit("POST", f"{self.URI}?dry-run=1", body)
        self.assertIs(opcode["dry_run"], True)
        first, second = opcode["instances"]
        self.assertEqual((first["OP_ID"], first["instance_name"]), ("OP_INSTANCE_CREATE", "web"))
        self.assertEqual((first["os_type"], second["os_type"]), (None, "noop"))
        self.assertLessEqual({"wait_for_sync", "beparams", "start", "tags"}, set(first))
        self.assertFalse({"name", "os"} & (set(first) | set(second)))

    def test_what_is_wrong_is_named_with_its_place(self) -> None:
        place = "Invalid parameter OP_INSTANCE_MULTI_ALLOC.instances: item 1: "
        for instance, message in (
            ("web", place + "expected an object, got a string"),
            (
                {**CREATE, "__version__": 1},
                place + "OP_INSTANCE_CREATE has no parameter '__version__'",
            ),
            (
                {**CREATE, "disks": 1},
                place + "Invalid parameter OP_INSTANCE_CREATE.disks: expected",
            ),
            (
                {**CREATE, "instance_name": "x"},
                place + "The parameters 'name' and 'instance_name' mean the same; give one",
            ),
        ):
            response = self.ask("POST", self.URI, {"instances": [CREATE, instance]})
            self.assertEqual(response.status, 400)
            self.assertEqual(response.json()["message"][: len(message)], message)

    def test_instances_are_a_list(self) -> None:
        parameter = "parameter OP_INSTANCE_MULTI_ALLOC.instances: expected a list of "
        for body, message in (
            ({}, f"Missing {parameter}"),
            ({"instances": CREATE}, f"Invalid {parameter}"),
            ({"instances": None}, f"Invalid {parameter}"),
        ):
            response = self.ask("POST", self.URI, body)
            self.assertEqual(response.status, 400)
            self.assertEqual(response.json()["message"][: len(message)], message)


NO_START = "Invalid parameter OP_INSTANCE_REINSTALL.start: expected a boolean"


class ReinstallTests(ApiCase):
    URI = "/2/instances/web/reinstall"

    def reinstall(self, query: str = "", body: object = None) -> Any:  # Any: opcodes
        response = self.ask("POST", self.URI + query, body)
        self.assertEqual(response.body, b"4711\n")
        opcodes = self.daemon.submitted
        for opcode in opcodes:
            self.assertEqual(opcode.pop("instance_name"), "web")
            self.assertEqual(
                opcode.pop("reason")[-1][0], "gnt:library:rlib2:instances_name_reinstall"
            )
        return opcodes

    def three(self, **parameters: object) -> list[dict[str, object]]:
        return [
            {"OP_ID": "OP_INSTANCE_SHUTDOWN"},
            {"OP_ID": "OP_INSTANCE_REINSTALL", **parameters},
            {"OP_ID": "OP_INSTANCE_STARTUP", "force": False},
        ]

    def test_by_body(self) -> None:
        osparams = {"size": "5"}
        self.assertEqual(
            self.reinstall("", {"os": "noop", "osparams": osparams}),
            self.three(os_type="noop", osparams=osparams),
        )
        for start in (True, 1):
            self.assertEqual(self.reinstall("", {"start": start}), self.three())
        for start in (False, 0):
            self.assertEqual(self.reinstall("", {"start": start}), self.three()[:2])

    def test_by_query(self) -> None:
        self.assertEqual(self.reinstall("?os=noop"), self.three(os_type="noop"))
        self.assertEqual(self.reinstall("?nostartup=1"), self.three()[:2])
        self.assertEqual(self.reinstall("?nostartup=0&os=x"), self.three(os_type="x"))
        self.assertEqual(self.reinstall("?os=noop", {}), self.three(os_type="noop"))

    def test_as_it_is(self) -> None:
        nothing: tuple[object, ...] = (None, {})
        for body in nothing:
            self.assertEqual(self.reinstall("", body), self.three())

    def test_a_reason_goes_with_a_body(self) -> None:
        self.assertEqual(self.reinstall("?reason=why", {"start": False}), self.three()[:2])

    def test_what_every_opcode_takes_is_for_the_whole_job(self) -> None:
        common = {"dry_run": True, "priority": 10, "depends": [[7, ["success"]]]}
        opcodes = self.reinstall("", {"os": "noop", **common})
        self.assertEqual(opcodes, [{**op, **common} for op in self.three(os_type="noop")])

    def test_what_is_refused(self) -> None:
        for query, body, message in (
            ("?os=noop", {"start": True}, NOT_BOTH),
            ("?nostartup=1", {"os": "noop"}, NOT_BOTH),
            ("", {"start": "no"}, f"{NO_START}, got a string"),
            ("", {"start": None}, f"{NO_START}, got null"),
            (
                "",
                {"instance_name": "x"},
                "The request body must not set instance_name: that follows from the URI",
            ),
            (
                "",
                {"os": "a", "os_type": "b"},
                "The parameters 'os' and 'os_type' mean the same; give one",
            ),
            ("", {"force": 1}, "OP_INSTANCE_REINSTALL has no parameter 'force'"),
            ("", ["x"], "Invalid request body: expected an object, got a list"),
            (
                "?nostartup=true",
                None,
                "Invalid argument nostartup: expected 1 or 0, got another string",
            ),
        ):
            response = self.ask("POST", self.URI + query, body)
            self.assertEqual(response.status, 400, body)
            self.assertEqual(
                response.json()["message"].partition(";")[0], message.partition(";")[0]
            )
            self.assertEqual(self.daemon.calls, [])


class DiskReplacementTests(ApiCase):
    URI = "/2/instances/web/replace-disks"

    def replace(self, query: str = "", body: object = None) -> object:
        opcode = self.submit("POST", self.URI + query, body)
        self.assertEqual(opcode.pop("OP_ID"), "OP_INSTANCE_REPLACE_DISKS")
        self.assertEqual(opcode.pop("instance_name"), "web")
        return opcode

    def test_by_body(self) -> None:
        for disks, indexes in (([0, 1], [0, 1]), ("0,1", [0, 1]), (" 2 , 3", [2, 3]), ([], [])):
            body = {"mode": "replace_on_primary", "disks": disks}
            self.assertEqual(
                self.replace("?disks=7&mode=x", body),
                {"mode": "replace_on_primary", "disks": indexes},
            )

    def test_no_disks_are_all_disks(self) -> None:
        mode = {"mode": "replace_auto"}
        for disks in (None, ""):
            self.assertEqual(self.replace("", {**mode, "disks": disks}), {**mode, "disks": []})

    def test_by_query(self) -> None:
        nothing: tuple[object, ...] = (None, {})
        for body in nothing:
            self.assertEqual(
                self.replace("?mode=replace_new_secondary&disks=0,2&remote_node=n2", body),
                {"mode": "replace_new_secondary", "disks": [0, 2], "remote_node": "n2"},
            )
        self.assertEqual(
            self.replace("?mode=replace_new_secondary&iallocator=hail&disks=&remote_node="),
            {"mode": "replace_new_secondary", "iallocator": "hail"},
        )

    def test_what_is_refused(self) -> None:
        no_indexes = "Invalid parameter OP_INSTANCE_REPLACE_DISKS.disks: expected a list of "
        mode = {"mode": "replace_auto"}
        for query, body, message in (
            ("", None, "Missing parameter OP_INSTANCE_REPLACE_DISKS.mode"),
            ("?mode=replace_all", None, "Invalid parameter OP_INSTANCE_REPLACE_DISKS.mode"),
            ("?mode=replace_auto&disks=a", None, no_indexes),
            ("", {**mode, "disks": "0;1"}, no_indexes),
            ("", {**mode, "disks": "0_0, +1"}, no_indexes),
            ("", {**mode, "disks": "16"}, no_indexes),
            ("", {**mode, "disks": 1}, "Invalid parameter OP_INSTANCE_REPLACE_DISKS.disks"),
            ("", {**mode, "disks": [16]}, "Invalid parameter OP_INSTANCE_REPLACE_DISKS.disks"),
        ):
            response = self.ask("POST", self.URI + query, body)
            self.assertEqual(response.status, 400)
            self.assertEqual(response.json()["message"][: len(message)], message)


class ConsoleTests(ApiCase):
    URI = "/2/instances/web/console"

    def test_of_a_running_instance(self) -> None:
        details = {"instance": "web", "kind": "ssh", "host": "n1"}
        self.daemon.answers["QueryInstances"] = [[details, True]]
        self.assertEqual(self.ask("GET", self.URI).json(), details)
        fields = ["console", "oper_state"]
        self.assertEqual(self.daemon.calls, [("QueryInstances", ["web"], fields, False)])

    def test_of_one_that_does_not_run(self) -> None:
        for state in (False, None):
            self.daemon.answers["QueryInstances"] = [[None, state]]
            self.assert_error("GET", self.URI, None, "Instance console unavailable", 503)

    def test_of_one_that_is_not_there(self) -> None:
        self.daemon.answers["QueryInstances"] = []
        self.assert_error("GET", self.URI, None, "There is no instance 'web'", 404)

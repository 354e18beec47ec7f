"""Events of all objects: what differs between two looks, who did it, and who is told."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.api.scopes import Traits
from ganeti_rapi.jobs.blame import Job, who_did
from ganeti_rapi.jobs.feed import REST
from ganeti_rapi.jobs.snapshots import Change, Known, Snapshot, changes
from ganeti_rapi.testing import SimulatedApi
from ganeti_rapi.testing.http import Collector, encode_request

from .simulation import BUILD1, WEB1


def known(name: str, serial: int = 1, **prints: int) -> Known:
    return Known(name, f"uuid-of-{name}", serial, None, prints)


def snapshot(*objects: Known) -> Snapshot:
    return {("instance", each.uuid): each for each in objects}


class ChangeTests(SynchronousTestCase):
    def told(self, before: Snapshot, after: Snapshot) -> list[Any]:
        return [each.describe() for each in changes(before, after)]

    def test_created_changed_and_removed(self) -> None:
        before = snapshot(known("a", 1, os=1, tags=2), known("b"), known("c", 3, os=1))
        after = snapshot(known("a", 2, os=9, tags=2), known("d", 1), known("c", 3, os=1))
        common = {"kind": "instance"}
        self.assertEqual(
            self.told(before, after),
            [
                {**common, "name": "b", "uuid": "uuid-of-b", "change": "removed", "fields": [],
                 "serial_before": 1, "serial_after": None},
                {**common, "name": "a", "uuid": "uuid-of-a", "change": "changed",
                 "fields": ["os"], "serial_before": 1, "serial_after": 2},
                {**common, "name": "d", "uuid": "uuid-of-d", "change": "created", "fields": [],
                 "serial_before": None, "serial_after": 1},
            ],
        )  # fmt: skip

    def test_a_change_of_nothing_that_is_watched(self) -> None:
        (change,) = self.told(snapshot(known("a", 1, os=1)), snapshot(known("a", 2, os=1)))
        self.assertEqual(change["fields"], ["serial_no"])

    @given(st.data())
    def test_what_is_told_leads_from_one_moment_to_the_other(self, data: st.DataObject) -> None:
        names = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 3))
        before, after = (data.draw(names) for _ in range(2))
        first, second = (
            snapshot(*(known(name, os=value) for name, value in each.items()))
            for each in (before, after)
        )
        there = set(before)
        changed = set()
        for change in changes(first, second):
            name = change.known.name
            if change.change == "removed":
                there.remove(name)
            elif change.change == "created":
                self.assertNotIn(name, there)
                there.add(name)
            else:
                changed.add(name)
        self.assertEqual(there, set(after))
        same = {name for name in set(before) & set(after) if before[name] == after[name]}
        self.assertEqual(changed, set(before) & set(after) - same)


def job(number: int, user: str = "ana", **op: Any) -> Job:
    reason = [["gnt:library:rlib2:x", f"{user}, request 1", 1]]
    return Job(number, [{"OP_ID": "OP_INSTANCE_REBOOT", "reason": reason, **op}])


class BlameTests(SynchronousTestCase):
    def test_the_last_job_that_names_the_object(self) -> None:
        web1 = Change("instance", "changed", known("web1.example.com"), None, ())
        for jobs, number in (
            ([job(1, instance_name="web1.example.com"), job(2, instance_name="web1")], 2),
            ([job(1, instance_name="web1"), job(2, instance_name="db1")], 1),
            ([job(1, instance_uuid="uuid-of-web1.example.com"), job(2)], 1),
            ([job(1, OP_ID="OP_INSTANCE_CREATE", instance_name="web1"), job(2)], 1),
            ([job(1, OP_ID="OP_INSTANCE_RENAME", instance_name="a", new_name="web1"), job(2)], 1),
            ([job(1, instance_name="db1"), job(2, instance_name="db1")], None),
            ([job(7, OP_ID="OP_NODE_EVACUATE", node_name="node1")], 7),
            ([], None),
        ):
            found = who_did(web1, jobs)
            self.assertEqual(found.id if found else None, number, jobs)

    def test_the_cluster(self) -> None:
        cluster = Change("cluster", "changed", known("cluster"), None, ())
        jobs = [job(1, OP_ID="OP_CLUSTER_SET_PARAMS"), job(2, instance_name="a")]
        found = who_did(cluster, jobs)
        assert found is not None
        self.assertEqual((found.id, found.user), (1, "ana"))

    def test_who_came_in_another_way_is_nobody(self) -> None:
        by_hand = Job(1, [{"OP_ID": "OP_INSTANCE_REBOOT", "reason": [["gnt:client:x", "", 1]]}])
        self.assertIsNone(by_hand.user)


class Reader:
    """A reader of the stream, and what it was told."""

    def __init__(self, api: SimulatedApi, query: str, user: str = "admin:admin") -> None:
        self.api = api
        self.client: Collector = api.connect()
        assert self.client.transport is not None
        self.client.transport.write(encode_request("GET", f"/2/events?{query}", None, user))
        api.until(lambda: b"event: connected" in self.client.data or self.client.closed)

    def events(self) -> list[tuple[str, Any]]:
        """The names and data of all events."""
        text = self.client.data.decode()
        found = re.findall(r"event: (\S+)\ndata: (.*)\n\n", text)
        return [(name, json.loads(data)) for name, data in found]

    def ids(self) -> list[str]:
        return re.findall(r"id: (\S+)\nevent: (?!connected)", self.client.data.decode())

    def until(self, change: str, name: str) -> Any:
        """Wait until it is told of a change; that event's data."""

        def found() -> list[Any]:
            return [
                data
                for _, data in self.events()
                if data and (data.get("change"), data.get("name")) == (change, name)
            ]

        self.api.until(found)
        return found()[0]


class StreamTests(SynchronousTestCase):
    def setUp(self) -> None:
        users = "admin admin write\nteam team @admin:tag=blue\n"
        self.api = SimulatedApi(users=users)
        self.addCleanup(self.api.stop)

    def submit(self, method: str, path: str, body: object = None) -> int:
        reply = self.api.request(method, path, body)
        self.assertEqual(reply.status, 200, reply.body)
        job_id: int = reply.json()
        return job_id

    def test_it_says_that_it_is_connected_and_tells_nothing_of_before(self) -> None:
        self.submit("PUT", f"/2/instances/{WEB1}/tags?tag=old")
        self.api.reactor.advance(5)
        reader = Reader(self.api, "kind=instance")
        ((name, data),) = reader.events()
        self.assertEqual((name, list(data)), ("connected", ["position"]))

    def test_what_changes_an_instance(self) -> None:
        reader = Reader(self.api, "kind=instance")
        job_id = self.submit("PUT", f"/2/instances/{WEB1}/tags?tag=new")
        event = reader.until("changed", WEB1)
        self.assertEqual(
            (event["fields"], event["job"], event["user"]), (["tags"], job_id, "admin")
        )
        self.assertEqual(event["serial_after"], event["serial_before"] + 1)
        self.submit("DELETE", f"/2/instances/{BUILD1}")
        self.assertEqual(reader.until("removed", BUILD1)["serial_after"], None)

    def test_jobs_are_told_as_well(self) -> None:
        reader = Reader(self.api, "kind=job")
        job_id = self.submit("PUT", f"/2/instances/{WEB1}/tags?tag=new")
        event = reader.until("finished", str(job_id))
        self.assertEqual((event["status"], event["user"]), ("success", "admin"))
        self.assertEqual({name for name, _ in reader.events()}, {"connected", "job"})

    def test_the_other_kinds(self) -> None:
        reader = Reader(self.api, "kind=node,group,network,cluster,filter")
        for method, path, body, name, change in (
            ("PUT", "/2/nodes/node2.example.com/tags?tag=x", None, "node2.example.com", "changed"),
            ("POST", "/2/groups", {"name": "new"}, "new", "created"),
            ("PUT", "/2/groups/new/rename", {"new_name": "newer"}, "newer", "changed"),
            ("DELETE", "/2/groups/newer", None, "newer", "removed"),
            ("POST", "/2/networks", {"name": "lan", "network": "10.1.0.0/24"}, "lan", "created"),
            ("PUT", "/2/modify", {"candidate_pool_size": 7}, "cluster.example.com", "changed"),
        ):
            job_id = self.submit(method, path, body)
            event = reader.until(change, name)
            self.assertEqual(event["job"], job_id, event)

    def test_what_no_job_does_is_seen_after_a_while(self) -> None:
        reader = Reader(self.api, "kind=filter")
        rule = {"priority": 1, "predicates": [["jobid", [">", "id", 999]]], "action": "ACCEPT"}
        uuid = self.api.request("POST", "/2/filters", rule).json()
        self.api.reactor.advance(REST)
        event = reader.until("created", uuid)
        self.assertEqual((event["job"], event["user"]), (None, None))

    def test_names_and_tags_choose(self) -> None:
        by_name, by_tag = Reader(self.api, f"object={WEB1}"), Reader(self.api, "tag=blue")
        self.submit("PUT", f"/2/instances/{BUILD1}/tags?tag=blue")
        by_tag.until("changed", BUILD1)
        job_id = self.submit("PUT", f"/2/instances/{WEB1}/tags?tag=red")
        by_name.until("changed", WEB1)
        self.assertEqual({data["name"] for _, data in by_tag.events()[1:]}, {BUILD1})
        self.assertEqual({data["name"] for _, data in by_name.events()[1:]}, {WEB1, str(job_id)})

    def test_a_reader_goes_on_where_it_was(self) -> None:
        reader = Reader(self.api, "kind=instance,job")
        self.submit("PUT", f"/2/instances/{WEB1}/tags?tag=a")
        reader.until("changed", WEB1)
        reader.client.transport.loseConnection()
        last = reader.ids()[-1]
        other = Reader(self.api, "kind=instance")
        job_id = self.submit("PUT", f"/2/instances/{BUILD1}/tags?tag=b")
        other.until("changed", BUILD1)
        again = Reader(self.api, f"kind=instance,job&last_event_id={last}")
        again.until("changed", BUILD1)
        self.assertEqual(again.events()[0][1], {"position": last})
        told = [data["name"] for _, data in again.events()[1:]]
        self.assertEqual((told.count(BUILD1), WEB1 in told), (1, False))
        self.assertIn(str(job_id), told)

    def test_a_position_of_another_run(self) -> None:
        reader = Reader(self.api, "kind=instance&last_event_id=abc-7")
        self.api.until(lambda: len(reader.events()) > 1)
        self.assertEqual([name for name, _ in reader.events()], ["connected", "reset"])

    def test_what_is_wrong(self) -> None:
        for query in ("kind=instances", "kind=job,x", "kind=,"):
            reply = self.api.request("GET", f"/2/events?{query}")
            self.assertEqual(reply.status, 400, query)

    def test_who_may_see_some_objects_only(self) -> None:
        self.submit("PUT", f"/2/instances/{WEB1}/tags?tag=blue")
        self.api.reactor.advance(5)
        team, boss = (
            Reader(self.api, "kind=instance,job,cluster", "team:team"),
            Reader(self.api, "kind=instance"),
        )
        self.submit("PUT", f"/2/instances/{BUILD1}/tags?tag=red")
        boss.until("changed", BUILD1)
        mine = self.submit("PUT", f"/2/instances/{WEB1}/tags?tag=green")
        team.until("changed", WEB1)
        self.assertEqual({data["name"] for _, data in team.events()[1:]}, {WEB1, str(mine)})

    def test_when_nobody_reads_luxid_is_left_alone(self) -> None:
        reader = Reader(self.api, "kind=instance")
        self.assertEqual(self.api.backend.feed.readers, 1)
        reader.client.transport.loseConnection()
        self.api.until(lambda: self.api.backend.feed.readers == 0)
        self.api.reactor.advance(1)
        before = self.api.daemon_calls()
        self.api.reactor.advance(5 * REST)
        self.assertEqual(self.api.daemon_calls(), before)

    def test_no_node_is_asked(self) -> None:
        """Live fields would not be known of a node that is offline; these are."""
        self.api.daemon.cluster.nodes[1].offline = True
        reader = Reader(self.api, "kind=node")
        self.api.daemon.cluster.nodes[1].offline = False
        self.submit("PUT", f"/2/instances/{WEB1}/tags?tag=a")
        event = reader.until("changed", "node2.example.com")
        self.assertEqual(event["fields"], ["offline"])

    def test_many_who_come_at_once_share_the_first_look(self) -> None:
        before = self.api.daemon_calls()
        clients = [self.api.connect() for _ in range(500)]
        for client in clients:
            request = encode_request("GET", "/2/events?kind=instance", None, "admin:admin")
            client.transport.write(request)
        self.api.until(lambda: all(b"event: connected" in each.data for each in clients))
        self.assertLess(self.api.daemon_calls() - before, 30)

    def test_a_luxid_that_is_gone_is_told_before_the_stream_begins(self) -> None:
        self.api.daemon.stopService()
        reply = self.api.request("GET", "/2/events?kind=instance")
        self.assertEqual(reply.status, 502)
        self.api.daemon.startService()


class TraitsTests(SynchronousTestCase):
    def test_removed_objects_are_judged_by_what_they_were(self) -> None:
        traits = Traits("instance", "a", tags=frozenset({"blue"}))
        gone = Known("a", "u", 1, traits, {})
        (change,) = changes({("instance", "u"): gone}, {})
        self.assertEqual(change.known.traits, traits)

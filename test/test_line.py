"""The line for connections: users take turns."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.errors import LuxiLineFull, LuxiTooManyCalls
from ganeti_rapi.luxi.line import LATELY, Line


def line(places: int = 4, share: int = 2, room: int = 100, room_each: int = 50) -> Line[str]:
    return Line(places, share, room, room_each)


class LineTests(SynchronousTestCase):
    def test_a_user_holds_a_share_although_places_are_free(self) -> None:
        places = line()
        self.assertEqual([places.take("ann") for _ in range(3)], [True, True, False])
        self.assertTrue(places.at_share("ann"))
        self.assertEqual([places.take("bob") for _ in range(3)], [True, True, False])
        self.assertEqual(places.taken, 4)

    def test_beside_others_it_is_a_smaller_share(self) -> None:
        now = [0.0]
        places: Line[str] = Line(9, 3, 100, 50, 1, lambda: now[0], "itself")
        places.take("itself")
        self.assertEqual([places.take("ann") for _ in range(4)], [True, True, True, False])
        self.assertEqual([places.take("bob") for _ in range(2)], [True, False])
        places.join("ann", "ann 1")
        for who in ("ann", "bob", "ann"):
            self.assertIsNone(places.give_back(who))
        places.join("ann", "ann 2")
        places.join("ann", "ann 3")
        self.assertIsNone(places.next())
        now[0] += LATELY
        self.assertEqual([places.next() for _ in range(3)], ["ann 1", "ann 2", None])
        self.assertEqual(places.share_of("ann"), 3)

    def test_nobody_is_overtaken_by_a_later_call_of_the_same_user(self) -> None:
        now = [0.0]
        places: Line[str] = Line(9, 3, 100, 50, 1, lambda: now[0])
        places.take("bob")
        places.take("ann")
        places.join("ann", "ann 1")
        places.give_back("bob")
        now[0] += LATELY
        self.assertFalse(places.take("ann"))
        self.assertEqual(places.give_back("ann"), "ann 1")

    def test_who_comes_and_goes_among_others_is_company(self) -> None:
        now = [0.0]
        places: Line[str] = Line(9, 3, 100, 50, 1, lambda: now[0], "itself")
        for who in ("ann", "bob", "ann", "cid", "ann"):
            places.take(who)
            places.give_back(who)
        self.assertEqual([places.share_of(who) for who in ("ann", "bob", "cid")], [1, 1, 1])
        now[0] += LATELY
        places.take("ann")
        places.give_back("ann")
        self.assertEqual([places.share_of(who) for who in ("ann", "bob")], [3, 1])

    def test_nobody_gets_a_place_that_is_not_there(self) -> None:
        places = line(places=1)
        self.assertTrue(places.take("ann"))
        self.assertFalse(places.take("bob"))
        self.assertFalse(places.at_share("bob"))

    def test_users_take_turns_however_many_calls_each_has(self) -> None:
        places = line(places=1)
        places.take("ann")
        for waiter in ("ann 1", "ann 2", "ann 3", "bob 1", "cid 1", "bob 2"):
            places.join(waiter[:3], waiter)
        served, holder = [], "ann"
        while waiting := places.give_back(holder):
            served.append(waiting)
            holder = waiting[:3]
        self.assertEqual(served, ["ann 1", "bob 1", "cid 1", "ann 2", "bob 2", "ann 3"])
        self.assertEqual((places.taken, places.waiting), (0, 0))

    def test_whoever_is_at_the_share_lets_others_pass(self) -> None:
        places = line(places=3)
        for who in ("ann", "ann", "bob"):
            places.take(who)
        places.join("ann", "ann 1")
        places.join("bob", "bob 1")
        self.assertEqual(places.give_back("bob"), "bob 1")
        self.assertEqual(places.give_back("bob"), None)
        self.assertEqual(places.give_back("ann"), "ann 1")

    def test_whoever_left_the_line_gets_no_place(self) -> None:
        places = line(places=1)
        places.take("ann")
        for waiter in ("bob 1", "bob 2"):
            places.join("bob", waiter)
        places.leave("bob", "bob 1")
        self.assertEqual(places.waiting, 1)
        self.assertEqual(places.give_back("ann"), "bob 2")
        self.assertEqual(places.give_back("bob"), None)

    def test_there_is_room_for_so_many_of_one_user(self) -> None:
        places = line(room_each=1)
        places.join("ann", "ann 1")
        with self.assertRaises(LuxiTooManyCalls) as caught:
            places.join("ann", "ann 2")
        self.assertIn("1 of your requests wait", str(caught.exception))
        places.join("bob", "bob 1")

    def test_and_for_so_many_in_all(self) -> None:
        places = line(room=2)
        places.join("ann", "ann 1")
        places.join("bob", "bob 1")
        with self.assertRaises(LuxiLineFull) as caught:
            places.join("cid", "cid 1")
        self.assertNotIsInstance(caught.exception, LuxiTooManyCalls)
        places.leave("ann", "ann 1")
        places.join("cid", "cid 1")

    @given(
        st.integers(1, 5),
        st.integers(1, 5),
        st.lists(st.tuples(st.sampled_from(["come", "go", "leave"]), st.sampled_from("abc"))),
    )
    def test_no_place_is_lost_and_none_stays_free_for_nothing(
        self, count: int, share: int, events: list[tuple[str, str]]
    ) -> None:
        places = line(count, share)
        held: list[str] = []
        waiting: list[str] = []
        for event, who in events:
            if event == "come" and places.take(who):
                held.append(who)
            elif event == "come":
                waiting.append(who)
                places.join(who, who)
            elif event == "go" and who in held:
                held.remove(who)
                following = places.give_back(who)
                if following is not None:
                    waiting.remove(following)
                    held.append(following)
            elif event == "leave" and who in waiting:
                waiting.remove(who)
                places.leave(who, who)
            self.assertEqual((places.taken, places.waiting), (len(held), len(waiting)))
            self.assertLessEqual(len(held), count)
            self.assertLessEqual(max(map(held.count, "abc")), share)
            stuck = [who for who in waiting if len(held) < count and held.count(who) < share]
            self.assertEqual(stuck, [])

from __future__ import annotations

from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.auth import guessing
from ganeti_rapi.auth.guessing import FREE_FOR_ADDRESS, FREE_FOR_NAME, KNOWN_FOR, Guesses, place_of

HERE, THERE = "192.0.2.1", "198.51.100.7"
USERS = ("admin", "guest")
HOUR = 3600


@define
class Door:
    """Logins as they are tried, by the seconds of a clock."""

    longest: float = 60
    clock: Clock = field(factory=Clock)
    guesses: Guesses = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.guesses = Guesses(self.clock, USERS.__contains__, self.longest)

    def wait(self, address: str = HERE, name: str = "admin") -> float:
        return self.guesses.wait(address, name)

    def guess(self, address: str = HERE, name: str = "admin") -> bool:
        """Try a wrong password; whether it was judged."""
        judged = self.wait(address, name) == 0
        if judged:
            self.guesses.failed(address, name)
        return judged

    def log_in(self, address: str = HERE, name: str = "admin") -> bool:
        """Try the right password; whether it was judged."""
        judged = self.wait(address, name) == 0
        if judged:
            self.guesses.succeeded(address, name)
        return judged

    def close(self, address: str = HERE, name: str = "admin") -> None:
        """Guess until the next one has to wait."""
        while self.guess(address, name):
            pass

    def attack(self, seconds: int, address: str = HERE, name: str = "admin") -> int:
        """Guess without a pause; how many were judged."""
        judged = 0
        for _ in range(seconds * 2):
            judged += self.guess(address, name)
            self.clock.advance(0.5)
        return judged


def addresses(count: int) -> list[str]:
    return [f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}" for number in range(count)]


class DelayTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.door = Door()

    def test_some_tries_are_free(self) -> None:
        for _ in range(FREE_FOR_ADDRESS):
            self.assertTrue(self.door.guess())
        self.assertFalse(self.door.guess())

    def test_then_the_delay_doubles_up_to_a_minute(self) -> None:
        self.door.close()
        waits = []
        for _ in range(12):
            waits.append(self.door.wait())
            self.door.clock.advance(waits[-1])
            self.assertTrue(self.door.guess())
        self.assertEqual(waits[:5], [1, 2, 4, 8, 16])
        self.assertEqual(waits, sorted(waits))
        self.assertEqual(waits[-3:], [60, 60, 60])

    def test_a_try_that_has_to_wait_makes_nobody_wait_longer(self) -> None:
        self.door.close()
        self.door.clock.advance(0.75)
        self.assertFalse(self.door.guess())
        self.assertEqual(self.door.wait(), 0.25)

    def test_a_guesser_has_about_a_try_a_minute(self) -> None:
        self.assertLess(self.door.attack(2 * HOUR), 120 + 20)

    def test_all_is_forgotten_after_a_while(self) -> None:
        self.door.attack(HOUR)
        self.door.clock.advance(HOUR)
        for _ in range(FREE_FOR_ADDRESS):
            self.assertTrue(self.door.guess())

    def test_a_success_does_not_make_guessing_free(self) -> None:
        self.door.log_in(name="guest")
        judged = 0
        for _ in range(HOUR):
            judged += self.door.guess()
            self.assertTrue(self.door.log_in(name="guest"))
            self.door.clock.advance(1)
        self.assertLess(judged, 60 + 20)

    def test_nor_does_ones_own(self) -> None:
        judged = 0
        for _ in range(HOUR):
            judged += self.door.guess()
            self.door.log_in()
            self.door.clock.advance(1)
        self.assertLess(judged, 60 + 20)

    def test_it_can_be_turned_off(self) -> None:
        door = Door(longest=0)
        self.assertEqual(door.attack(1000), 2000)

    @given(st.integers(1, 3600))
    def test_no_delay_is_longer_than_the_longest(self, longest: int) -> None:
        door = Door(longest)
        for _ in range(40):
            door.close()
            self.assertLessEqual(0, door.wait())
            self.assertLessEqual(door.wait(), longest)
            door.clock.advance(door.wait())
        self.assertFalse(door.attack(1) > 2)


class PlaceTests(SynchronousTestCase):
    def test_an_address_waits_whatever_the_name(self) -> None:
        door = Door()
        door.close(HERE, "admin")
        self.assertGreater(door.wait(HERE, "guest"), 0)
        self.assertGreater(door.wait(HERE, "nobody"), 0)
        self.assertEqual(door.wait(THERE, "admin"), 0)

    def test_an_ipv6_network_of_64_bits_is_one_place(self) -> None:
        self.assertEqual(place_of("2001:db8:0:1::1"), place_of("2001:db8:0:1:ffff::2"))
        self.assertNotEqual(place_of("2001:db8:0:1::1"), place_of("2001:db8:0:2::1"))
        self.assertEqual(place_of("fe80::1%eth0"), place_of("fe80::2"))

    def test_an_ipv4_address_is_the_same_on_an_ipv6_socket(self) -> None:
        self.assertEqual(place_of(f"::ffff:{HERE}"), HERE)
        self.assertEqual(place_of(HERE), HERE)

    def test_what_is_no_ip_address_is_a_place_too(self) -> None:
        for address in ("-", "", ":", "a:b"):
            self.assertEqual(place_of(address), address)


class NameTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.door = Door()

    def test_a_name_waits_wherever_the_tries_come_from(self) -> None:
        for name in ("admin", "nobody"):  # what waits does not tell which names exist
            judged = [self.door.guess(address, name) for address in addresses(1000)]
            self.assertEqual(sum(judged), FREE_FOR_NAME, name)
            self.assertGreater(self.door.wait(HERE, name), 0)
        self.assertEqual(self.door.wait(HERE, "guest"), 0)

    def test_many_addresses_have_together_about_a_try_a_minute(self) -> None:
        many = addresses(100)
        judged = 0
        for second in range(HOUR):
            judged += self.door.guess(many[second % 100])
            self.door.clock.advance(1)
        self.assertLess(judged, 60 + FREE_FOR_NAME + 20)

    def test_one_address_alone_cannot_close_a_name_for_others(self) -> None:
        for longest in (1, 60, 3600):
            door = Door(longest)
            for _ in range(200):
                door.guess(HERE)
                self.assertEqual(door.wait(THERE), 0, longest)
                door.clock.advance(door.wait(HERE))


class KnownTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.door = Door()
        self.door.log_in(HERE, "admin")

    def test_who_has_logged_in_does_not_wait_for_others_at_the_address(self) -> None:
        self.door.close(HERE, "nobody")
        self.assertGreater(self.door.wait(HERE, "guest"), 0)
        self.assertTrue(self.door.log_in(HERE, "admin"))

    def test_nor_for_those_who_guess_at_the_name_elsewhere(self) -> None:
        for address in addresses(1000):
            self.door.guess(address, "admin")
        self.assertFalse(self.door.log_in(THERE, "admin"))
        self.assertTrue(self.door.log_in(HERE, "admin"))

    def test_guessing_there_costs_as_much(self) -> None:
        self.assertLess(self.door.attack(HOUR, HERE, "admin"), 60 + 20)

    def test_and_concerns_nobody_else(self) -> None:
        self.door.attack(HOUR, HERE, "admin")
        self.assertEqual(self.door.wait(HERE, "guest"), 0)
        self.assertEqual(self.door.wait(THERE, "admin"), 0)

    def test_what_was_counted_before_the_login_is_not_forgotten_by_it(self) -> None:
        self.door.close(HERE, "guest")
        self.assertTrue(self.door.log_in(HERE, "admin"))
        self.assertGreater(self.door.wait(HERE, "guest"), 0)

    def test_nobody_is_known_for_ever(self) -> None:
        self.door.clock.advance(KNOWN_FOR)
        self.door.close(HERE, "nobody")
        self.assertFalse(self.door.log_in(HERE, "admin"))

    def test_who_comes_back_stays_known(self) -> None:
        for _ in range(3):
            self.door.clock.advance(KNOWN_FOR - 1)
            self.assertTrue(self.door.log_in(HERE, "admin"))
        self.door.close(HERE, "nobody")
        self.assertTrue(self.door.log_in(HERE, "admin"))


class MemoryTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.patch(guessing, "MOST_COUNTERS", 100)
        self.patch(guessing, "MOST_KNOWN", 10)
        self.door = Door()

    def test_many_addresses_do_not_push_out_one_that_waits(self) -> None:
        self.door.attack(300, HERE, "one")
        self.door.close(HERE, "one")
        before = self.door.wait(HERE, "two")
        for number, address in enumerate(addresses(1000)):
            self.door.guess(address, f"x{number}")
        self.assertEqual(self.door.wait(HERE, "two"), before)

    def test_made_up_names_do_not_push_out_one_that_waits(self) -> None:
        many = addresses(2000)
        for address in many[:1000]:
            self.door.guess(address, "admin")
        before = self.door.wait(THERE, "admin")
        self.assertGreater(before, 0)
        for number, address in enumerate(many[1000:]):
            self.door.guess(address, f"x{number}")
        self.assertEqual(self.door.wait(THERE, "admin"), before)

    def test_the_addresses_of_another_user_do_not_make_one_unknown(self) -> None:
        self.door.log_in(HERE, "admin")
        for address in addresses(1000):
            self.door.log_in(address, "guest")
        self.door.close(HERE, "nobody")
        self.assertTrue(self.door.log_in(HERE, "admin"))

    def test_of_ones_own_addresses_the_last_ones_are_known(self) -> None:
        many = addresses(11)
        for address in many:
            self.door.log_in(address, "admin")
        for address in many:
            self.door.close(address, "nobody")
        known = [address for address in many if self.door.wait(address, "admin") == 0]
        self.assertEqual(known, many[1:])

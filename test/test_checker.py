from __future__ import annotations

from base64 import b64encode

from hypothesis import given
from hypothesis import strategies as st
from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword, UsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import maybeDeferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyClass, verifyObject

from ganeti_rapi.auth.checker import UsersFileChecker, basic_credentials
from ganeti_rapi.auth.slow import SlowChecks
from ganeti_rapi.auth.users import UsersFile, parse
from ganeti_rapi.errors import ApiError, BadRequest, Unauthorized

TOKEN = b64encode(b"jack:abc123")
UNPADDED = b64encode(b"jack:abc12")
assert UNPADDED.endswith(b"=")


def pair_in(header: bytes) -> tuple[bytes, bytes]:
    credentials = basic_credentials(header)
    return credentials.username, credentials.password


class BasicCredentialsTests(SynchronousTestCase):
    def test_makes_credentials_that_cred_knows(self) -> None:
        verifyObject(IUsernamePassword, basic_credentials(b"Basic " + TOKEN))

    def test_accepted_forms(self) -> None:
        for header in (
            b"Basic " + TOKEN,
            b"bAsIc " + TOKEN,
            b"  Basic \t " + TOKEN + b" ",
            b"Basic " + TOKEN + b" and more text",
            b"Basic " + TOKEN[:5] + b"*-!\xff" + TOKEN[5:],
        ):
            self.assertEqual(pair_in(header), (b"jack", b"abc123"), header)

    def test_the_first_colon_ends_the_name(self) -> None:
        for pair in ((b"jack", b"a:b:"), (b"", b"x"), (b"jack", b""), (b"", b"")):
            self.assertEqual(pair_in(b"Basic " + b64encode(b":".join(pair))), pair)

    def test_basic_without_a_token_is_a_bad_request(self) -> None:
        for header in (b"Basic", b"basic  "):
            error = self.assertRaises(BadRequest, basic_credentials, header)
            self.assertEqual(error.message, "Basic authentication requires credentials")

    def test_what_is_no_name_and_password_is_unauthorized(self) -> None:
        for header in (
            b"",
            b" ",
            b"Bearer",
            b"Bearer " + TOKEN,
            b"Digest username=jack",
            b"Basic" + TOKEN,
            TOKEN,
            b"Basic " + b64encode(b"jack"),
            b"Basic " + UNPADDED.rstrip(b"="),
            b"Basic " + TOKEN[:6] + b" " + TOKEN[6:],
            b"Basic *",
        ):
            self.assertRaises(Unauthorized, basic_credentials, header)

    @given(st.binary(), st.sampled_from([b"", b"Basic ", b"Basic"]))
    def test_any_header_is_credentials_or_an_answer_for_the_client(
        self, rest: bytes, scheme: bytes
    ) -> None:
        try:
            credentials = basic_credentials(scheme + rest)
        except ApiError as error:
            self.assertIn(error.code, (400, 401))
        else:
            self.assertNotIn(b":", credentials.username)

    @given(st.binary().filter(lambda name: b":" not in name), st.binary())
    def test_round_trip(self, name: bytes, password: bytes) -> None:
        header = b"Basic " + b64encode(name + b":" + password)
        self.assertEqual(pair_in(header), (name, password))


class UsersFileCheckerTests(SynchronousTestCase):
    def setUp(self) -> None:
        accounts, _ = parse("jack abc123\njürgen größe write".encode())
        self.users = UsersFile(accounts)
        self.checker = UsersFileChecker(self.users, SlowChecks(Clock(), maybeDeferred))

    def avatar_id(self, name: bytes, password: bytes) -> object:
        return self.successResultOf(self.checker.requestAvatarId(UsernamePassword(name, password)))

    def assert_refused(self, name: bytes, password: bytes) -> None:
        answer = self.checker.requestAvatarId(UsernamePassword(name, password))
        self.failureResultOf(answer, UnauthorizedLogin)

    def test_interface(self) -> None:
        verifyClass(ICredentialsChecker, UsersFileChecker)
        verifyObject(ICredentialsChecker, self.checker)

    def test_right_credentials_give_the_name(self) -> None:
        self.assertEqual(self.avatar_id(b"jack", b"abc123"), b"jack")

    def test_utf8_and_latin1_are_understood(self) -> None:
        for encoding in ("utf-8", "latin-1"):
            name, password = "jürgen".encode(encoding), "größe".encode(encoding)
            self.assertEqual(self.avatar_id(name, password), "jürgen".encode())

    def test_wrong_credentials_are_refused(self) -> None:
        self.assert_refused(b"jack", b"abc1234")
        self.assert_refused(b"jack", b"")
        self.assert_refused(b"fred", b"abc123")
        self.assert_refused(b"", b"")

    def test_new_accounts_count_at_once(self) -> None:
        self.users.accounts, _ = parse(b"fred foo555")
        self.assert_refused(b"jack", b"abc123")
        self.assertEqual(self.avatar_id(b"fred", b"foo555"), b"fred")

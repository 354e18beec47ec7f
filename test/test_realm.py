from __future__ import annotations

from twisted.cred.checkers import ANONYMOUS
from twisted.cred.credentials import UsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import IRealm
from twisted.internet.defer import maybeDeferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import Interface
from zope.interface.verify import verifyClass, verifyObject

from ganeti_rapi.auth.permissions import User
from ganeti_rapi.auth.realm import IRapiUser, RapiRealm, make_portal
from ganeti_rapi.auth.slow import SlowChecks
from ganeti_rapi.auth.users import UsersFile, parse

from .harness import granted

JACK = User("jack", granted("write"))


class ISomethingElse(Interface):
    """Nothing that the realm makes."""


class RapiRealmTests(SynchronousTestCase):
    def setUp(self) -> None:
        accounts, _ = parse(b"jack abc123 write")
        self.users = UsersFile(accounts)
        self.realm = RapiRealm(self.users)

    def test_interfaces(self) -> None:
        verifyClass(IRealm, RapiRealm)
        verifyObject(IRealm, self.realm)
        verifyClass(IRapiUser, User)
        verifyObject(IRapiUser, JACK)

    def test_the_avatar_is_the_user_with_the_permissions(self) -> None:
        interface, avatar, logout = self.realm.requestAvatar(
            b"jack", None, ISomethingElse, IRapiUser
        )
        self.assertIs(interface, IRapiUser)
        self.assertEqual(avatar, JACK)
        logout()

    def test_other_avatars_are_not_to_be_had(self) -> None:
        self.assertRaises(
            NotImplementedError, self.realm.requestAvatar, b"jack", None, ISomethingElse
        )

    def test_who_is_not_in_the_file_has_no_avatar(self) -> None:
        for avatar_id in (b"fred", b"", ANONYMOUS):
            self.assertRaises(
                UnauthorizedLogin, self.realm.requestAvatar, avatar_id, None, IRapiUser
            )


class PortalTests(SynchronousTestCase):
    def setUp(self) -> None:
        accounts, _ = parse(b"jack abc123 write")
        self.portal = make_portal(UsersFile(accounts), SlowChecks(Clock(), maybeDeferred))

    def test_right_credentials_log_in(self) -> None:
        credentials = UsernamePassword(b"jack", b"abc123")
        login = self.portal.login(credentials, None, IRapiUser)
        interface, avatar, _ = self.successResultOf(login)
        self.assertEqual((interface, avatar), (IRapiUser, JACK))

    def test_wrong_credentials_do_not(self) -> None:
        credentials = UsernamePassword(b"jack", b"abc124")
        login = self.portal.login(credentials, None, IRapiUser)
        self.failureResultOf(login, UnauthorizedLogin)

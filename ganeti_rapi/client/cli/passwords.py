"""The keyring of the operating system, where there is one."""

from __future__ import annotations

from types import ModuleType

from ganeti_rapi.client.cli.profiles import ProfileError


def from_keyring(url: str, user: str) -> str | None:
    """A password that was kept. Raises `ProfileError` without a keyring."""
    keyring = _keyring()
    if keyring is None:
        raise ProfileError("the profile wants the keyring: pip install keyring")
    found: str | None = keyring.get_password(url, user)
    return found


def keep(url: str, user: str, password: str) -> bool:
    """Keep a password; whether that could be done."""
    keyring = _keyring()
    if keyring is None:
        return False
    try:
        keyring.set_password(url, user, password)
    except Exception:  # each backend has errors of its own
        return False
    return True


def forget(url: str, user: str) -> None:
    """Take a password away, if it was kept."""
    keyring = _keyring()
    if keyring is not None:
        try:
            keyring.delete_password(url, user)
        except Exception:  # as above
            return


def _keyring() -> ModuleType | None:
    try:
        import keyring  # type: ignore[import-not-found]  # only where a profile wants it
    except ImportError:
        return None
    module: ModuleType = keyring
    return module

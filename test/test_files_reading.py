from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from ganeti_rapi.files import reading
from ganeti_rapi.files.reading import Look, Missing, Unreadable, look, read

from .files_double import as_ordinary_user


class FilesCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.directory = Path(self.mktemp()).absolute()
        self.directory.mkdir()
        self.path = self.directory / "file"


class ReadTests(FilesCase):
    def assert_refused(self, path: Path | str, reason: str) -> None:
        error = self.assertRaises(Unreadable, read, str(path))
        self.assertEqual(str(error), f"Can't read {path}: {reason}")

    def test_the_content(self) -> None:
        for content in (b"", b"x", b"line\n" * 100_000):
            self.path.write_bytes(content)
            self.assertEqual(read(str(self.path)), content)

    def test_through_links(self) -> None:
        self.path.write_bytes(b"x")
        link, linked_directory = self.directory / "link", Path(self.mktemp()).absolute()
        link.symlink_to("file")
        linked_directory.symlink_to(self.directory)
        self.assertEqual(read(str(linked_directory / "link")), b"x")

    def test_a_fifo_is_not_waited_for(self) -> None:
        os.mkfifo(self.path)
        self.assert_refused(self.path, "it is a FIFO and not a regular file")

    def test_what_is_no_file(self) -> None:
        self.assert_refused(self.directory, "it is a directory and not a regular file")
        self.assert_refused("/dev/null", "it is a device and not a regular file")
        with tempfile.TemporaryDirectory() as short, socket.socket(socket.AF_UNIX) as listening:
            listening.bind(f"{short}/socket")
            self.assert_refused(f"{short}/socket", "it is a socket and not a regular file")

    def test_what_became_a_fifo_after_the_first_look_is_not_waited_for(self) -> None:
        self.path.write_bytes(b"x")
        real_open = os.open

        def replace_and_open(path: str, flags: int) -> int:
            self.path.unlink()
            os.mkfifo(self.path)
            return real_open(path, flags)

        self.patch(os, "open", replace_and_open)
        self.assert_refused(self.path, "it is a FIFO and not a regular file")

    def test_no_descriptor_is_left_open(self) -> None:
        self.path.write_bytes(b"x")
        free = os.dup(0)
        os.close(free)
        self.patch(reading, "MOST_BYTES", 0)
        self.assertRaises(Unreadable, read, str(self.path))
        self.patch(reading, "MOST_BYTES", 10)
        read(str(self.path))
        again = os.dup(0)
        os.close(again)
        self.assertEqual(again, free)

    def test_a_large_file(self) -> None:
        with self.path.open("wb") as file:
            file.truncate(reading.MOST_BYTES)
        self.assertEqual(len(read(str(self.path))), reading.MOST_BYTES)
        with self.path.open("wb") as file:
            file.truncate(reading.MOST_BYTES + 1)
        self.assert_refused(self.path, "it has more than 16 MiB")

    def test_a_file_that_tells_no_size(self) -> None:
        self.patch(reading, "MOST_BYTES", 10)
        self.assert_refused("/proc/self/status", "it has more than 0 MiB")

    test_a_file_that_tells_no_size.skip = (  # type: ignore[attr-defined]
        None if os.path.exists("/proc/self/status") else "there is no /proc"
    )

    def test_a_missing_file(self) -> None:
        error = self.assertRaises(Missing, read, str(self.path))
        self.assertEqual(str(error), f"Can't read {self.path}: No such file or directory")

    def test_a_link_to_nowhere(self) -> None:
        self.path.symlink_to("../nowhere")
        error = self.assertRaises(Missing, read, str(self.path))
        reason = "it is a link to ../nowhere, which does not exist"
        self.assertEqual(str(error), f"Can't read {self.path}: {reason}")

    def test_other_trouble_does_not_mean_missing(self) -> None:
        self.path.symlink_to(self.path)
        error = self.assertRaises(Unreadable, read, str(self.path))
        self.assertNotIsInstance(error, Missing)
        self.assertIn("Too many levels of symbolic links", str(error))
        below = self.directory / "plain" / "file"
        below.parent.write_bytes(b"")
        self.assert_refused(below, "Not a directory")

    def test_a_file_of_somebody_else(self) -> None:
        self.path.write_bytes(b"x")
        self.path.chmod(0)
        with as_ordinary_user():
            self.assert_refused(self.path, "Permission denied")


class LookTests(FilesCase):
    def setUp(self) -> None:
        super().setUp()
        self.path.write_bytes(b"one")
        self.other = self.directory / "other"
        self.other.write_bytes(b"two")
        self.paths = [str(self.path), str(self.other)]

    def look(self) -> Look:
        found = look(self.paths)
        assert found is not None
        return found

    def test_what_is_found(self) -> None:
        found = self.look()
        self.assertEqual(found.contents, {str(self.path): b"one", str(self.other): b"two"})
        self.assertFalse(found.missing)
        self.assertFalse(found.is_passing)

    def test_nothing_is_read_while_the_stamp_is_the_known_one(self) -> None:
        stamp = self.look().stamp
        self.assertIsNone(look(self.paths, stamp))
        self.other.write_bytes(b"three")
        self.assertIsNotNone(look(self.paths, stamp))

    def test_every_change_has_a_stamp_of_its_own(self) -> None:
        self.path.chmod(0o600)
        status = os.stat(self.path)
        stamps = [self.look().stamp]
        self.path.chmod(0o640)
        stamps.append(self.look().stamp)
        os.utime(self.path, (1, 1))
        stamps.append(self.look().stamp)
        os.rename(self.path, self.directory / "old")
        stamps.append(self.look().stamp)
        self.path.symlink_to("old")
        stamps.append(self.look().stamp)
        (self.directory / "new").write_bytes(b"new")
        self.path.unlink()
        self.path.symlink_to("new")
        stamps.append(self.look().stamp)
        if os.geteuid() == 0:
            os.chown(self.path, status.st_uid + 1, -1)
            stamps.append(self.look().stamp)
            os.chown(self.path, -1, status.st_gid + 1)
            stamps.append(self.look().stamp)
        self.assertEqual(len(set(stamps)), len(stamps))

    def test_findings_are_equal_where_the_contents_are(self) -> None:
        before = self.look().finding
        self.path.chmod(0o600)
        self.assertEqual(self.look().finding, before)
        self.path.write_bytes(b"onet")
        self.other.write_bytes(b"wo")
        self.assertNotEqual(self.look().finding, before)

    def test_findings_and_what_is_logged_of_them_do_not_tell_the_contents(self) -> None:
        self.path.write_bytes(b"pa55w0rd")
        found = self.look()
        self.assertNotIn("pa55w0rd", repr(found))
        self.assertNotIn(b"pa55w0rd", bytes(found.finding))

    def test_trouble_with_one_file_is_trouble_with_all(self) -> None:
        self.other.unlink()
        self.other.mkdir()
        found = self.look()
        self.assertEqual(found.contents, {})
        self.assertIn("it is a directory", str(found.finding))
        self.assertFalse(found.missing)
        self.assertFalse(found.is_passing)

    def test_missing_and_empty_files_are_passing(self) -> None:
        self.other.write_bytes(b"")
        self.assertTrue(self.look().is_passing)
        self.other.unlink()
        found = self.look()
        self.assertTrue(found.is_passing)
        self.assertTrue(found.missing)

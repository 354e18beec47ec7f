from __future__ import annotations

from .harness import ApiCase


class TagTests(ApiCase):
    def tags(self, method: str, query: str, body: object = None) -> object:
        return self.submit(method, f"/2/tags{query}", body)["tags"]

    def test_tags_to_set(self) -> None:
        for query, body, tags in (
            ("", None, []),
            ("?tag=a&tag=b&tag=a", None, ["a", "b"]),
            ("", ["b", "a", "b"], ["b", "a"]),
            ("?tag=c&tag=a", ["b", "a"], ["b", "a", "c"]),
            ("?tag=", [], []),
            ("?tag=a", {"depends": []}, ["a"]),
            ("?tag=a", {"tags": ["x"], "priority": 10}, ["x", "a"]),
        ):
            self.assertEqual(self.tags("PUT", query, body), tags)

    def test_bodies_that_are_no_tags(self) -> None:
        for body, what in (
            ("a", "expected a list of strings, got a string"),
            (1, "expected a list of strings, got a number"),
            (True, "expected a list of strings, got a boolean"),
            (["a", 1], "item 1: expected a string, got a number"),
            ([["a"]], "item 0: expected a string, got a list"),
        ):
            message = f"Invalid parameter OP_TAGS_SET.tags: {what}"
            self.assert_refused("PUT", "/2/tags?tag=a", body, message)

    def test_tags_to_remove(self) -> None:
        for query, body, tags in (
            ("", None, []),
            ("?tag=b&tag=a", None, ["b", "a"]),
            ("?tag=a", ["x"], ["a"]),
        ):
            self.assertEqual(self.tags("DELETE", query, body), tags)

    def test_depends_is_read_beside_the_query(self) -> None:
        body = {"depends": [[7, ["success"]]]}
        for method in ("PUT", "DELETE"):
            opcode = self.submit(method, "/2/tags?tag=a", body)
            self.assertEqual(opcode["depends"], body["depends"])

"""Where the API differs from the stock daemon on purpose.

The live suite compares both daemons request by request; a difference that is not in this table, or
that is and no longer shows, fails it. ``python -m ganeti_rapi.api.differences`` prints the table as
doc/differences.md has it.
"""

from __future__ import annotations

from attrs import frozen


@frozen
class Difference:
    """One difference: what the stock daemon 3.0.2 does, what we do, and the reason.

    The texts are Markdown. ``id`` is what the live suite's requests refer to.
    """

    id: str
    stock: str
    here: str
    why: str


REQUIREMENTS = "the requirements"
CLIENTS_ERROR = "it is the client's error"

DIFFERENCES = (
    Difference("roots", "`GET /` and `GET /2` are null", "the list of resources", REQUIREMENTS),
    Difference(
        "unknown-job",
        "an unknown job is 200 with nulls; cancelling it is 200, waiting for it 500",
        "404",
        REQUIREMENTS,
    ),
    Difference(
        "unchanged-wait",
        "a wait for a job that does not change repeats the values, after 10 seconds",
        "null, after `timeout` seconds or 10",
        REQUIREMENTS,
    ),
    Difference(
        "wait-arguments",
        "a wait has its parameters in the body",
        "in the query, too: `fields`, `previous_log_serial`, `timeout`",
        "not every client can send a body with GET",
    ),
    Difference(
        "wait-unknown-field",
        "one unknown field makes all values of a wait null",
        "only its own",
        "the known ones are known",
    ),
    Difference(
        "strict-forms",
        "a `__version__` of `true`, and disk indexes such as `0_0,+1`, are taken",
        "400",
        "the forms of `1` and of numbers are documented; these are slips of Python",
    ),
    Difference(
        "tags-in-body",
        "tags to set come from `?tag=`; a body is not looked at",
        "from a list in the body, too; each tag counts once",
        REQUIREMENTS,
    ),
    Difference("booleans", "booleans in bodies are true and false", "1 and 0, too", REQUIREMENTS),
    Difference(
        "evacuate",
        "evacuating a node without a body is 400",
        "the query arguments count; the reply is the list of moves",
        REQUIREMENTS,
    ),
    Difference(
        "storage-type",
        "listing storage without `storage_type` submits a job",
        "400",
        REQUIREMENTS,
    ),
    Difference(
        "unknown-object",
        "role, console and tags of an unknown object are 500; so is deleting an unknown rule",
        "404",
        "one rule for all",
    ),
    Difference(
        "unknown-query", "a query for an unknown kind of object is 500 or 502", "404", "one rule"
    ),
    Difference(
        "luxid-refuses",
        "what luxid finds wrong with a request (`lock=1`) is 500; what it cannot read is 502",
        "400",
        CLIENTS_ERROR,
    ),
    Difference(
        "no-body",
        "a wait, a modification or several instances' creation without a body is 500",
        "400",
        CLIENTS_ERROR,
    ),
    Difference(
        "wrong-values",
        "some bodies and values of the wrong type are 500, or silently left out",
        "400",
        CLIENTS_ERROR,
    ),
    Difference(
        "long-numbers",
        "a disk index of more than 18 digits is 400",
        "404, as for other paths that name nothing",
        "a number that fits no integer names nothing",
    ),
    Difference("drained-queue", "submitting to a drained queue is 500", "503", "it may work later"),
    Difference("allow", "501 comes alone", "with the header Allow", "RFC 9110"),
    Difference("head-options", "HEAD and OPTIONS are 501", "both work", "RFC 9110"),
    Difference("media-type", "`application/json; charset=utf-8` is 415", "it is JSON", "RFC 9110"),
    Difference("percent-encoding", "percent-encoded paths are 404", "decoded", "RFC 3986"),
    Difference(
        "utf-8", "a body with other than ASCII characters gets no reply", "it is read", "RFC 8259"
    ),
    Difference(
        "plain-messages",
        "messages are HTML-escaped; those for wrong values do not say what is right",
        "plain, with what is expected",
        "they are JSON, and for people",
    ),
    Difference(
        "incident-id",
        "an unexpected error tells the exception's text",
        "an incident id; the log has the rest",
        "it may hold a secret",
    ),
    Difference(
        "migrate-arguments",
        "migrating a node ignores the body when there is any query argument",
        "only for `live` and `mode`",
        "what a client sends counts",
    ),
    Difference(
        "reinstall-arguments",
        "reinstalling has no reason trail, and refuses any query argument beside a body",
        "takes `reason` as everywhere; only `os` and `nostartup` exclude a body",
        "one rule for all",
    ),
    Difference(
        "reinstall-body",
        "reinstalling takes `os`, `start` and `osparams` from the body, and ignores the rest",
        "takes all parameters of OP_INSTANCE_REINSTALL; others are 400",
        "one rule for all",
    ),
    Difference(
        "unread-bodies",
        "the bodies of some writes are not read but for `depends`, as of startup, activate-disks, "
        "tags and the removal of a group",
        "an object has the parameters of the opcode there, too; others are 400",
        "a `priority` or a slip that is dropped goes unnoticed",
    ),
    Difference(
        "object-bodies",
        "a node's role is the whole body, a string",
        "or an object with `role`, and `priority`, `depends` and others that every opcode takes",
        "what every opcode takes can be given with every write",
    ),
    Difference(
        "usb-devices",
        "blanks in `usb_devices` become commas in `hvparams` only",
        "in `custom_hvparams`, too",
        "both mean the same",
    ),
    Difference(
        "newer-resources",
        "renaming a network is 404, removing an instance's exports 501",
        "both exist; what luxid cannot do yet, it says",
        "Ganeti 3.1 and 3.2 have them",
    ),
    Difference(
        "newer-fields",
        "instances have no `custom_osparams` and `hypervisor`; `GET /2/os` has no `bulk`",
        "they exist",
        "Ganeti 3.1 and 3.2 have them",
    ),
    Difference(
        "null-tags",
        "creating a network with `tags` of null is 400",
        "that is no tags",
        "Ganeti's own client sends null",
    ),
    Difference(
        "users-file",
        "a byte that is not UTF-8 spoils the whole users file; `{cleartext}` alone lets an empty "
        "password in",
        "each line is read by itself, in UTF-8 or Latin-1; no empty password lets anybody in",
        "one slip shall lock out nobody else, and let in nobody",
    ),
    Difference(
        "login-delay",
        "wrong passwords may be tried without end",
        "after several, 429 with Retry-After for a while; `--login-delay`",
        "guessing shall cost",
    ),
    Difference(
        "keep-alive",
        "every connection is closed",
        "kept, with an idle timeout; closed for programs that name no User-Agent",
        "speed; programs on Python's http.client rely on the end",
    ),
    Difference(
        "return-timeout",
        "writes answer a job id at once",
        "with `return_timeout` they wait for the job's end",
        "one request instead of many",
    ),
    Difference(
        "reason-trail",
        "the entry of the resource in a job's reason trail has an empty reason",
        "it names the user, or the address, and the request",
        "so that `gnt-job info` shows who it was",
    ),
    Difference(
        "own-resources",
        "there is nothing beyond Ganeti's own URIs",
        "events of jobs, descriptions of the API, health checks, metrics",
        "for clients that know us",
    ),
)
"""All of them, in the order of the document."""


def document() -> str:
    """The whole of doc/differences.md."""
    rows = [f"| {row.stock} | {row.here} | {row.why} |" for row in DIFFERENCES]
    return "\n".join([_HEAD, *rows, ""])


_HEAD = """\
<!-- Made by `make doc` from ganeti_rapi/api/differences.py; change that instead. -->

# Differences from the stock daemon

What this daemon does in another way than Ganeti's own `ganeti-rapi` 3.0.2, and why. Everything else
is meant to be the same: the live suite sends both daemons the same requests, in front of one
cluster, and fails on any difference that is not listed here.

| stock 3.0.2 | here | why |
|---|---|---|"""

if __name__ == "__main__":
    print(document(), end="")

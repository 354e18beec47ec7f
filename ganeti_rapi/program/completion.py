"""Completion of the program's options: ``python -m ganeti_rapi.program.completion SHELL``.

It writes a script for bash, zsh or fish, which the Debian package installs. The scripts need no
Python when a person presses Tab.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

from attrs import frozen
from twisted.python.usage import Options

from ganeti_rapi.program.cluster import NAME, Node
from ganeti_rapi.program.logs import SYSLOG_CHOICES
from ganeti_rapi.program.options import FILES, ProgramOptions

CHOICES: Mapping[str, Sequence[str]] = {"syslog": SYSLOG_CHOICES}
"""What an option's value may be, where that is a few words."""

VALUE_OPTIONAL = "simulate"
"""Offered as if it had no value: what follows may be the next option."""

BETWEEN_PROCESSES = "adopt"
"""No option for people."""


@frozen
class Offer:
    """An option as it is typed. ``words`` are the values it may have, where they are few."""

    long: str
    short: str | None
    doc: str
    has_value: bool
    is_file: bool
    words: Sequence[str]

    @property
    def typed(self) -> list[str]:
        """All that stands for it on a command line."""
        return [*([f"-{self.short}"] if self.short else []), f"--{self.long}"]


def offers(options: Options) -> list[Offer]:
    """All options for people, by name."""
    shorts = {long: short for short, long in options.synonyms.items() if len(short) == 1}
    return [
        Offer(
            long=(name := option.rstrip("=")),
            short=shorts.get(name),
            doc=_first_sentence(options.docs[name]),
            has_value=option.endswith("=") and name != VALUE_OPTIONAL,
            is_file=name in FILES,
            words=CHOICES.get(name, ()),
        )
        for option in sorted(options.longOpt)
        if option.rstrip("=") != BETWEEN_PROCESSES
    ]


_NO_SYNTAX = str.maketrans({"[": "(", "]": ")", "'": "\N{RIGHT SINGLE QUOTATION MARK}", "\\": "/"})
"""Takes out what a shell would not read as text."""


def _first_sentence(doc: str) -> str:
    return " ".join(doc.split()).partition(". ")[0].rstrip(".").translate(_NO_SYNTAX)


FUNCTION = "_" + NAME.replace("-", "_")


def bash(offered: Sequence[Offer]) -> Iterator[str]:
    """The script's lines."""
    yield from (f"# Completion of {NAME} for bash.", "", f"{FUNCTION}() {{")
    # bash takes the sign of --option=value for a word of its own.
    yield "    local word=${2#=} option=$3"
    yield '    if [[ $option == "=" ]]; then option=${COMP_WORDS[COMP_CWORD - 2]}; fi'
    yield "    case $option in"
    for offer in offered:
        if offer.has_value:
            yield f"        {'|'.join(offer.typed)}) {_bash_values(offer)};;"
    names = " ".join(f"--{offer.long}" for offer in offered)
    yield f'        *) mapfile -t COMPREPLY < <(compgen -W "{names}" -- "$word") ;;'
    yield from ("    esac", "}", f"complete -F {FUNCTION} {NAME}")


def _bash_values(offer: Offer) -> str:
    if offer.is_file:
        return 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$word") '
    if offer.words:
        return f'mapfile -t COMPREPLY < <(compgen -W "{" ".join(offer.words)}" -- "$word") '
    return ""


def zsh(offered: Sequence[Offer]) -> Iterator[str]:
    """The script's lines."""
    yield from (f"#compdef {NAME}", "")
    specs = [f"'{name}{_zsh_rest(name, offer)}'" for offer in offered for name in offer.typed]
    yield " \\\n  ".join(["_arguments -s", *specs])


def _zsh_rest(name: str, offer: Offer) -> str:
    if not offer.has_value:
        return f"[{offer.doc}]"
    sign = "=" if name.startswith("--") else "+"
    action = "_files" if offer.is_file else f"({' '.join(offer.words)})" if offer.words else " "
    return f"{sign}[{offer.doc}]:{offer.long}:{action}"


def fish(offered: Sequence[Offer]) -> Iterator[str]:
    """The script's lines."""
    yield from (f"# Completion of {NAME} for fish.", f"complete -c {NAME} -f")
    for offer in offered:
        short = f" -s {offer.short}" if offer.short else ""
        yield f"complete -c {NAME}{short} -l {offer.long}{_fish_values(offer)} -d '{offer.doc}'"


def _fish_values(offer: Offer) -> str:
    if not offer.has_value:
        return ""
    if offer.is_file:
        return " -r -F"
    return f" -x -a '{' '.join(offer.words)}'" if offer.words else " -x"


SHELLS: Mapping[str, Callable[[Sequence[Offer]], Iterator[str]]] = {
    "bash": bash,
    "zsh": zsh,
    "fish": fish,
}
"""What makes the script, by the shell's name."""


def script(shell: str) -> str:
    """The whole script for a shell of `SHELLS`."""
    return "\n".join(SHELLS[shell](offers(ProgramOptions(Node.of({}))))) + "\n"


if __name__ == "__main__":
    sys.stdout.write(script(sys.argv[1]))

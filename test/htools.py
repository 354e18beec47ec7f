"""What hspace and hbal print, recorded: so that their readers can be tried without them."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field

CAPACITY = """\
HTS_CLUSTER_MEM=72315
HTS_CLUSTER_NODES=3
HTS_INI_SCORE=7.54729918
HTS_INI_MEM_EFF=NaN
HTS_TSPEC_INI_DISK_TEMPLATE=drbd
HTS_TSPEC='23360,1048576,4,12=1 23104,1048576,4,12=2'
HTS_SPEC_MEM=2048
HTS_SPEC_DSK=10240
HTS_SPEC_CPU=2
HTS_SPEC_DISK_TEMPLATE=drbd
HTS_ALLOC_INSTANCES=17
HTS_ALLOC_FAIL_REASON=FAILMEM
HTS_OK=1
"""

BALANCE = """\
Loaded 3 nodes, 4 instances
Group size 3 nodes, 4 instances
Selected node group: default
Initial check done: 0 bad nodes, 0 bad instances.
Initial score: 7.54729918
Trying to minimize the CV...
    1. web3 node1:node3 => node2:node3   4.86932223 a=f r:node2 f
    2. router1 node1 => node3            2.20768403 a=m
Cluster score improved from 7.54729918 to 2.20768403
Solution length=2

Commands to run to reach the above solution:

  echo jobset 1, 1 jobs
    echo job 1/1
    gnt-instance migrate -f web3
    gnt-instance replace-disks -n node2 web3

  echo jobset 2, 1 jobs
    echo job 2/1
    gnt-instance migrate -f router1
"""


@define
class RecordedHtools:
    """The programs as a test wants them: what each prints, or the error that it ends with."""

    texts: dict[str, str | Exception] = field(factory=lambda: {"hspace": CAPACITY, "hbal": BALANCE})
    runs: list[tuple[str, list[str]]] = field(factory=list)

    async def run(self, program: str, arguments: Sequence[str]) -> str:
        self.runs.append((program, list(arguments)))
        text = self.texts[program]
        if isinstance(text, Exception):
            raise text
        return text

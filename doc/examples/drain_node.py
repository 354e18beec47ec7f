"""Take all instances off a node, under asyncio, and tell of every job on the cluster meanwhile.

RAPI_PASSWORD=admin python3 drain_node.py https://127.0.0.1:5080 admin ca.pem node1.example.com
"""

import asyncio
import os
import sys

from ganeti_rapi.client import AsyncioClient, JobFailed


async def tell(client, connected):
    """Print what jobs do, as it happens."""
    async for event in client.all_events(kinds=["job"]):
        connected.set()
        if event.name == "job":
            print(event.data["status"], ", ".join(event.data["summary"]))


async def main(url, user, cafile, node):
    password = os.environ["RAPI_PASSWORD"]
    async with AsyncioClient(url, user, password, cafile=cafile) as client:
        connected = asyncio.Event()
        telling = asyncio.create_task(tell(client, connected))
        await connected.wait()
        await client.submit_and_wait(client.set_node_role(node, "drained", force=True))
        for mode in ("primary-only", "secondary-only"):
            try:
                await client.submit_and_wait(client.evacuate_node(node, mode, iallocator="hail"))
            except JobFailed as error:
                print(f"{node}, {mode}: {error.text}")
        after = await client.get_node(node)
        left = [*after["pinst_list"], *after["sinst_list"]]
        await asyncio.sleep(0.2)  # the last events are on their way
        telling.cancel()
        print(f"{node}: {len(left)} instances are left" + "".join(f"\n  {name}" for name in left))


asyncio.run(main(*sys.argv[1:]))

"""What every command's help ends with: lines that work on the simulated cluster, which is `make
run`. The manual page and doc/commands.md show them as well."""

from __future__ import annotations

import re
from typing import Final

EXAMPLES: Final = r"""
instances list
instances list --status running --node node1 --sort -oper_ram
instances list --filter 'be/vcpus>=2' --columns name,pnode,beparams.vcpus
instances list --watch
instances list --cluster all --status ERROR_down
instances show web1.example.com
instances show web1 -o yaml
instances info web1 --static
instances console web1
instances create new1.example.com --os debootstrap+default --disk-template drbd --disk 20G \
    --iallocator hail
instances create new2.example.com --os noop+default --disk-template plain --disk 10G:vg=xenvg \
    --node node2.example.com --nic link=br0 --beparams memory=2G,vcpus=2
instances import new3.example.com --os noop+default --disk-template plain --disk 10G \
    --node node3.example.com --src-node node2.example.com --src-path test1.example.com
instances create-many new.json --iallocator hail
instances create-many --iallocator hail '[{"name": "new4.example.com", "os": "noop+default",
    "disk_template": "plain", "disks": [{"size": 1024}], "nics": [{}]}]'
instances modify web1 --beparams memory=4G,vcpus=4
instances modify --tag web --set 'hvparams={"serial_console": true}'
instances rename test1 test9.example.com --no-ip-check
instances reinstall test1 --os debootstrap+default --yes
instances remove test1 --yes
instances start web1 web2
instances start --filter status=ADMIN_down --parallel 4
instances stop web1 --timeout 30
instances stop --tag web --yes
instances reboot web1 --type hard
instances migrate web1
instances failover web1 --yes
instances move db1 node4.example.com --yes
instances change-group web1 --to racks-b --iallocator hail
instances prepare-export web1 remote
instances export web1 node3.example.com --shutdown
instances export web1 @disks.json --mode remote --x509-key-name @key.json \
    --destination-x509-ca @ca.pem
instances remove-export web1 --yes
instances grow-disk web1 0 10G
instances replace-disks web1 --mode replace_on_secondary
instances recreate-disks test1 --disks 0 --yes
instances activate-disks test1
instances deactivate-disks test1
nodes list
nodes list --filter 'mfree<8192' -o csv
nodes show node1
nodes show lab:node1
nodes role node1
nodes set-role node4 drained
nodes set-role --group racks-b offline --force
nodes modify node4 --ndparams spindle_count=2
nodes migrate node2
nodes evacuate node1 secondary-only --iallocator hail --yes
nodes powercycle node4 --yes
nodes remove node5 --yes
nodes restricted-command node2 look --yes
nodes volumes node1
nodes health node1
nodes power status node1
nodes power on node1
nodes power off node4 --yes
nodes power cycle node4 --yes
nodes storage list node1 lvm-vg
nodes storage modify node1 lvm-pv /dev/sda3 --not-allocatable
nodes storage repair node1 lvm-vg xenvg
groups list
groups show default
groups create racks-c --alloc-policy preferred
groups modify racks-b --alloc-policy last_resort
groups rename racks-b racks-d
groups assign-nodes racks-b node5.example.com
groups evacuate default --to racks-b --iallocator hail --yes
groups remove racks-c --yes
groups verify default
groups verify-disks default
networks list
networks show internal
networks create lab 192.0.2.0/24 --gateway 192.0.2.1
networks modify internal --reserve 203.0.113.9
networks rename internal office
networks connect internal racks-b bridged br0
networks disconnect internal racks-b
networks remove lab --yes
jobs list --limit 5
jobs list --status error
jobs show 1
jobs watch 1
jobs wait 1 --timeout 60
jobs cancel 1
jobs cancel --status queued --yes
jobs archive 1 2
jobs autoarchive 86400
jobs change-priority 1 -10
filters list
filters show 0d4cd8b3-1f6e-4d0e-8a54-58b3a2e1b6d1
filters add --action PAUSE --opcode OP_INSTANCE_CREATE --reason 'no new instances today'
filters add --action RATE_LIMIT=2 --predicates '[["jobid", [">", "id", "watermark"]]]' --priority 5
filters replace 0d4cd8b3-1f6e-4d0e-8a54-58b3a2e1b6d1 --action REJECT --opcode OP_INSTANCE_CREATE
filters remove 0d4cd8b3-1f6e-4d0e-8a54-58b3a2e1b6d1
tags list cluster
tags list node node1
tags list instance web1
tags list group default
tags list network internal
tags add cluster production
tags add node node1 ssd
tags add instance web1 blue green
tags add group default berlin
tags add network internal dmz
tags remove cluster production
tags remove node node1 ssd
tags remove instance web1 web
tags remove group default berlin
tags remove network internal dmz
tags search '^web$'
cluster info
cluster version
cluster redistribute-config
cluster modify --set candidate_pool_size=5
cluster verify
cluster verify-config
cluster verify-disks
cluster verification 1
cluster repair-disk-sizes web1
cluster rename new.example.com --yes
cluster renew-crypto --node-certificates --yes
cluster master-ip activate
cluster master-ip deactivate --yes
cluster config
cluster ext-storage
cluster capacity --memory 2G --disk 20G --vcpus 1 --disk-template plain
cluster balance --group default
cluster would-fit new1 --memory 2G --disk 20G --disk-template drbd --os noop+default
cluster queue info
cluster queue drain
cluster queue undrain
cluster watcher info
cluster watcher pause 8h
cluster watcher continue
info
info -o yaml
os
features
health
openapi --json
query instance
query instance name,status,be/vcpus --filter status=running
query lock name,mode,owner
events
events --kind instance --tag web
events --object web1.example.com --limit 10 --json
top
top --by disk --once
console web1
console web1 --vnc
api /2/info
api '/2/instances?fields=name,status&limit=10'
api -X PUT '/2/tags?tag=blue'
api -X POST /2/instances-multi-alloc -d '{"iallocator": "hail", "instances": []}'
dump
dump --anonymous
login https://cluster.example.com:5080 --user jack
profiles list
profiles use lab
profiles remove lab
"""
"""Without the name of the program; a line that begins with a space goes on with the one before."""


def examples_of(path: str) -> list[str]:
    """Those of a command, such as ``instances list``.

    >>> examples_of("cluster version")
    ['cluster version']
    """
    return [each for each in all_examples() if each == path or each.startswith(f"{path} ")]


def all_examples() -> list[str]:
    """All of them."""
    return re.split(r"\n(?! )", EXAMPLES.strip())

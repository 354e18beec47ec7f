"""A monitoring check: are all instances as they should be?

    python3 check_instances.py 127.0.0.1 5080

It was written for Ganeti's own client; only the import is another one. Exit codes are those of
Nagios plugins.
"""

import sys

from ganeti_rapi.client import GanetiApiError, GanetiRapiClient  # was: from ganeti.rapi.client

try:
    client = GanetiRapiClient(sys.argv[1], port=int(sys.argv[2]))
    instances = client.GetInstances(bulk=True)
except GanetiApiError as error:
    print(f"UNKNOWN: {error}")
    sys.exit(3)
wrong = [each for each in instances if each["status"].startswith("ERROR_")]
if wrong:
    print("CRITICAL: " + ", ".join(f"{each['name']} is {each['status']}" for each in wrong))
    sys.exit(2)
print(f"OK: {len(instances)} instances | instances={len(instances)}")

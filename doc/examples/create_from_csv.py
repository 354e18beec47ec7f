"""Create the instances of a CSV file, and tell how it goes.

    RAPI_PASSWORD=admin python3 create_from_csv.py 127.0.0.1 5080 admin instances.csv

The file has a line of titles: name,node,memory,disk,os. Sizes are MiB. The exit code is 1 if any
failed.
"""

import csv
import os
import sys

from ganeti_rapi.client import GanetiApiError, GanetiRapiClient

host, port, user, path = sys.argv[1:]
client = GanetiRapiClient(host, int(port), username=user, password=os.environ["RAPI_PASSWORD"])
failed = 0
with open(path, newline="") as file:
    rows = list(csv.DictReader(file))
jobs = {}
for row in rows:
    try:
        jobs[row["name"]] = client.CreateInstance(
            "create",
            row["name"],
            "plain",
            [{"size": int(row["disk"])}],
            [{}],
            pnode=row["node"],
            os=row["os"],
            beparams={"memory": int(row["memory"])},
            name_check=False,
            ip_check=False,
        )
    except (GanetiApiError, ValueError) as error:
        print(f"{row['name']}: {error}")
        failed += 1
for number, (name, job) in enumerate(jobs.items(), 1):
    done = client.WaitForJobCompletion(job, period=0.5)
    result = "created" if done else client.GetJobStatus(job)["opresult"][0][1][0]
    failed += not done
    print(f"[{number}/{len(jobs)}] {name}: {result}")
sys.exit(1 if failed else 0)

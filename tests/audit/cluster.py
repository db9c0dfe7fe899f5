"""A Dask cluster on this machine, with its workers in processes: `python cluster.py WORKERS`.

It tells the address of its scheduler in a line, and ends when standard input does.
"""

import sys

from distributed import LocalCluster

if __name__ == "__main__":
    with LocalCluster(n_workers=int(sys.argv[1]), threads_per_worker=1, dashboard_address=None) as cluster:
        print(cluster.scheduler_address, flush=True)  # noqa: T201
        sys.stdin.read()

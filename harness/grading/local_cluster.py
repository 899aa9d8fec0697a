"""A cluster on this machine in a process of its own, `python -m harness.grading.local_cluster 2`: for `--cluster local:2`.

So the scheduler's memory is not the client's, and the cluster ends with the process that started it: it lives
until its standard input ends. Its ports are open to everybody on this machine, also to what is graded; certificates made
for this run alone, which never touch the disk, say who may use them.
"""

from __future__ import annotations

import json
import logging
import sys


def main() -> None:
    """Start it, say where it is on standard output as a line of JSON, and wait."""
    import dask
    from distributed import LocalCluster, Security

    security = Security.temporary()
    own = {name: getattr(security, name) for name in ("tls_ca_file", "tls_client_cert", "tls_client_key")}
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        LocalCluster(
            n_workers=int(sys.argv[1]),
            threads_per_worker=1,
            processes=True,
            memory_limit=0,
            dashboard_address="127.0.0.1:0",  # there is always one; any free port will do
            silence_logs=logging.CRITICAL,
            security=security,
        ) as cluster,
    ):
        sys.stdout.write(json.dumps({"address": cluster.scheduler_address, "security": own}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()

"""Runs of suites in child processes: jobs, the cache of reports, the fork server, the pool, what an end means."""

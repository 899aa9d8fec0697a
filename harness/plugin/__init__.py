"""The pytest side: options, collection, hang limits, failures that teach, the cache of examples."""

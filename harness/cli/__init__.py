"""The `kata` command: arguments and wiring, one module per group of commands."""

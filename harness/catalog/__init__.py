"""Katas as folders: from `kata.toml` to `Kata`, the statements and stubs in them, and `kata new`."""

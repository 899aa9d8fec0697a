"""Learners' editions: release, update, sealed solutions, the manifest."""

"""`results.json`: the view as a JSON document, and the JSON Schema that describes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from importlib.resources import files
from typing import Any

import msgspec

from harness.grading.export.view import FORMAT, CohortView, LearnerView


def render_json(view: CohortView, learners: Iterable[LearnerView]) -> Iterator[bytes]:
    """The document in pieces, for programs; `learners` are those of `view`, with their tests. Ends with a newline.

    Not indented: a big cohort's has tens of megabytes as it is.
    """
    between = b"{"
    for field in fields(view):
        yield between + msgspec.json.encode(field.name) + b":"
        between = b","
        if field.name == "learners":
            yield from _encode_list(learners)
        else:
            yield msgspec.json.encode(getattr(view, field.name))
    yield b"}\n"


def _encode_list(items: Iterable[object]) -> Iterator[bytes]:
    between = b"["
    for item in items:
        yield between + msgspec.json.encode(item)
        between = b","
    yield b"[]" if between == b"[" else b"]"


def make_schema() -> dict[str, Any]:
    """The schema, made from the types of the view."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Results of a cohort, format {FORMAT}",
    }
    return head | msgspec.json.schema(CohortView)


def published_schema() -> bytes:
    """The schema that is published with the package."""
    return files("harness.grading").joinpath("schema", "results.schema.json").read_bytes()


def format_schema(schema: dict[str, Any]) -> bytes:
    """`schema` as it is written to the published file."""
    return msgspec.json.format(msgspec.json.encode(schema), indent=2) + b"\n"

"""`results.json`: the view as a JSON document, and the JSON Schema that describes it."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import msgspec

from harness.cohort.export.view import FORMAT, CohortView


def render_json(view: CohortView) -> str:
    """The document, for programs; ends with a newline. Not indented: a big cohort's has tens of megabytes as it is."""
    return msgspec.json.encode(view).decode() + "\n"


def make_schema() -> dict[str, Any]:
    """The schema, made from the types of the view."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Results of a cohort, format {FORMAT}",
    }
    return head | msgspec.json.schema(CohortView)


def published_schema() -> bytes:
    """The schema that is published with the package."""
    return files("harness.cohort").joinpath("schema", "results.schema.json").read_bytes()


def format_schema(schema: dict[str, Any]) -> bytes:
    """`schema` as it is written to the published file."""
    return msgspec.json.format(msgspec.json.encode(schema), indent=2) + b"\n"

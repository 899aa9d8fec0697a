"""The command `try`."""

from __future__ import annotations

import sys

import click

from harness.cli.practice import AS_JSON, KATA_ID, here, put_json
from harness.core.output import put
from harness.practice.solution import is_free
from harness.practice.try_out import Tried, try_out
from harness.subject.resolve import reference_folder


@click.command(name="try")
@KATA_ID
@click.argument("code")
@AS_JSON
def try_command(kata_id: str, code: str, as_json: bool) -> None:
    r"""Run a line of your own on your code.

    CODE is Python that may use the names of your file, and `np`; the value of its last expression is shown, and all that it
    prints. After a pass the reference answers beside you. With `-` the code is read from standard input.

    The exit code is 1 when your code raises.

    \b
    Examples:
      kata try a1 'mse([1, 2], [1, 4])'
      kata try pca 'p = PCA(1).fit([[0, 0], [1, 2], [2, 4]]); p.components_'
    """
    place = here()
    kata = place.kata_to_give_away(kata_id)
    code = sys.stdin.read() if code == "-" else code
    tried = {"yours": try_out(kata, kata.stub, code)}
    reference = reference_folder(kata) / kata.stub.name
    with place.history_if_any() as history:
        if reference.is_file() and is_free(place.state, kata, history):
            tried["reference"] = try_out(kata, reference, code)
    if as_json:
        put_json({"slug": kata.slug, "code": code} | {who: one.text for who, one in tried.items()})
    else:
        put("".join(_lines(who, one) for who, one in tried.items()))
    if not tried["yours"].is_answer:
        sys.exit(1)


def _lines(who: str, one: Tried) -> str:
    lines = one.text.splitlines() or ["no value"]
    return "".join(f"{who if number == 0 else '':<10} {line}".rstrip() + "\n" for number, line in enumerate(lines))

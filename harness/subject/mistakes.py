"""The pages of mistakes and of repairs in a checkout, and the modules that these edits give."""

from __future__ import annotations

from pathlib import Path

from harness.core.errors import SubjectError
from harness.subject.mistake_edit import apply
from harness.subject.mistake_page import STUB, EditError, Fault, Mistake, Page, parse

__all__ = [
    "PAGE",
    "REPAIRS",
    "Mistake",
    "fault_sentence",
    "find",
    "page_name",
    "patched",
    "place",
    "read_page",
    "split_choice",
]

PAGE = "mistakes.md"
REPAIRS = "repairs.md"
"""Of a debug kata: for each planted fault the edit of the stub that repairs it, and nothing else."""


def read_page(file: Path) -> Page:
    """The page in `file`; an empty one when there is none, and one with a fault when it cannot be read."""
    try:
        return parse(file.read_text(encoding="utf-8"), is_repairs=file.name == REPAIRS)
    except FileNotFoundError:
        return Page()
    except (OSError, UnicodeDecodeError) as error:
        return Page(faults=(Fault(1, "", f"cannot be read: {error}"),))


def page_name(file: Path) -> str:
    """What sentences call a page: `mistakes.md`, `follow_up/mistakes.md`."""
    return f"follow_up/{file.name}" if file.parent.name == "follow_up" else file.name


def place(file: Path, found: Mistake | Fault) -> str:
    """Where a mistake stands, and its name: `mistakes.md:12 sum_not_mean`."""
    return f"{page_name(file)}:{found.line}{' ' if found.name else ''}{found.name}"


def fault_sentence(file: Path, fault: Fault) -> str:
    """A fault with its place: `mistakes.md:12 sum_not_mean: has no description`."""
    return f"{place(file, fault)}: {fault.reason}"


def patched(file: Path, mistake: Mistake) -> str:
    """The module that `mistake` of the page in `file` gives. Raises `SubjectError` when the edit cannot be made."""
    try:
        source = _base(file, mistake).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SubjectError(f"{place(file, mistake)}: its base {mistake.base} is not there") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SubjectError(f"{place(file, mistake)}: its base {mistake.base} cannot be read: {error}") from error
    try:
        return apply(mistake, source)
    except EditError as error:
        raise SubjectError(f"{place(file, mistake)}: {error}") from None


def _base(file: Path, mistake: Mistake) -> Path:
    """The file that `mistake` of the page in `file` is an edit of."""
    if mistake.base != STUB:
        return file.parent / mistake.base
    folder = file.absolute().parent  # solutions/a19_leakage_review
    return folder.parents[1] / "katas" / folder.name / f"{folder.name.partition('_')[2]}.py"


def find(file: Path, name: str) -> Mistake:
    """The mistake `name` of the page in `file`. Raises `SubjectError` when there is none that can be used."""
    if not file.is_file():
        raise SubjectError(
            f"there is no {page_name(file)} in {file.parent}",
            hint=f"it holds a kata's {'repairs' if file.name == REPAIRS else 'named mistakes'}",
        )
    page = read_page(file)
    for mistake in page.mistakes:
        if mistake.name == name:
            return mistake
    for fault in page.faults:
        if fault.name in (name, "") and (fault.name or not page.mistakes):
            raise SubjectError(fault_sentence(file, fault))
    known = ", ".join(mistake.name for mistake in page.mistakes)
    raise SubjectError(
        f"{page_name(file)} has no {'repair' if file.name == REPAIRS else 'mistake'} {name}",
        hint=f"it has {known or 'none'}",
    )


def split_choice(choice: str) -> tuple[Path, str] | None:
    """The page and the name in `solutions/a01_mse/mistakes.md::sum_not_mean`, or of a repair; None for any other choice."""
    path, separator, name = choice.rpartition("::")
    return (Path(path), name) if separator and Path(path).name in (PAGE, REPAIRS) else None

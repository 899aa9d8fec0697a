"""Why bubblewrap does not start here, in a sentence, and what to do about it: most often the kernel gives no user namespaces."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.core.text import clean_text

_APPARMOR = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"
_CLONE = "/proc/sys/kernel/unprivileged_userns_clone"
_MOST = "/proc/sys/user/max_user_namespaces"
_DOCKER = ("/.dockerenv", "/run/.containerenv")
_WEAKER = "or take `--player process`, which isolates less"
_DENIED = ("namespace", "uid map", "gid map", "RTM_NEWADDR", "Permission denied", "Operation not permitted", "ENOSPC")
"""What bubblewrap says when namespaces, or rights in them, are refused."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no sandbox."""

    problem: str
    remedy: str


def missing() -> Refusal:
    """There is no bubblewrap."""
    return Refusal(
        "bubblewrap (bwrap) is not installed", f"apt install bubblewrap, or dnf install bubblewrap; {_WEAKER}"
    )


def refused(said: str, code: int, read: Callable[[str], str | None] | None = None) -> Refusal:
    """What bubblewrap's own words come to; `read` gives the content of a file of the system, None when there is none."""
    read = read or _read
    lines = [line for line in clean_text(said).strip().splitlines() if line.strip()]
    own = lines[-1].strip() if lines else f"it ended with exit code {code} and said nothing"
    problem = f"bubblewrap does not work here: {own}"
    if not any(word in own for word in _DENIED):
        return Refusal(problem, f"run `bwrap --ro-bind / / true` to see it; {_WEAKER}")
    cause, remedy = _cause(read)
    return Refusal(f"{problem} ({cause})", f"{remedy}; {_WEAKER}")


def _cause(read: Callable[[str], str | None]) -> tuple[str, str]:
    """Who refuses user namespaces, and what helps."""
    if (read(_APPARMOR) or "").strip() == "1":
        return (
            "AppArmor gives unprivileged programs no user namespaces, as in Ubuntu since 24.04",
            "give bwrap a profile that allows them, as docs/instructor.md says; "
            "or, until the next boot: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        )
    if (read(_CLONE) or "").strip() == "0":
        return (
            "the kernel gives unprivileged users no user namespaces",
            "sudo sysctl -w kernel.unprivileged_userns_clone=1",
        )
    if (read(_MOST) or "").strip() == "0":
        return "the kernel's limit of user namespaces is 0", "sudo sysctl -w user.max_user_namespaces=10000"
    if any(read(name) is not None for name in _DOCKER):
        return (
            "the container gives no user namespaces",
            "run it with --security-opt seccomp=unconfined --security-opt apparmor=unconfined, or --privileged",
        )
    return "this machine gives no user namespaces", "allow unprivileged user namespaces"


def _read(name: str) -> str | None:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return Path(name).read_text(encoding="ascii")
    return None

"""Why there is no sandbox is said in bubblewrap's own words, with who refuses user namespaces and what helps."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.core.errors import KataError
from harness.isolation import sandbox
from harness.isolation.refusal import missing, refused

from checkout import GOOD, Checkout

UBUNTU = "bwrap: setting up uid map: Permission denied\n"
LOOPBACK = "bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted\n"
DEBIAN = "bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces."
APPARMOR = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"


@pytest.mark.parametrize(
    ("said", "files", "cause", "remedy"),
    [
        (UBUNTU, {APPARMOR: "1\n"}, "AppArmor", "docs/instructor.md"),
        (LOOPBACK, {APPARMOR: "1\n"}, "AppArmor", "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"),
        (
            DEBIAN,
            {"/proc/sys/kernel/unprivileged_userns_clone": "0\n"},
            "no user namespaces",
            "unprivileged_userns_clone=1",
        ),
        (DEBIAN, {"/proc/sys/user/max_user_namespaces": "0\n"}, "limit of user namespaces is 0", "max_user_namespaces"),
        (UBUNTU, {APPARMOR: "0\n", "/.dockerenv": ""}, "the container gives no user namespaces", "--security-opt"),
        (UBUNTU, {}, "no user namespaces", "allow unprivileged user namespaces"),
    ],
)
def test_its_own_line_the_cause_and_the_remedy_are_named(
    said: str, files: dict[str, str], cause: str, remedy: str
) -> None:
    found = refused(f"a warning\n{said}\n", 1, files.get)
    assert found.problem.startswith(f"bubblewrap does not work here: {said.strip()} (")
    assert cause in found.problem
    assert remedy in found.remedy
    assert "--player process" in found.remedy
    assert "install" not in found.remedy


def test_what_has_nothing_to_do_with_namespaces_is_shown_as_it_is() -> None:
    found = refused("bwrap: Unknown option --size\n", 1, lambda _: "1")
    assert found.problem == "bubblewrap does not work here: bwrap: Unknown option --size"
    assert refused("", 139, lambda _: None).problem.endswith("exit code 139 and said nothing")
    assert "\x1b" not in refused("bwrap: \x1b[2Jnamespace", 1, lambda _: None).problem


def test_only_where_it_is_missing_it_is_to_be_installed() -> None:
    assert "install bubblewrap" in missing().remedy


def test_a_refusal_ends_in_a_sentence_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "sandbox_refusal", lambda: refused(UBUNTU, 1, lambda _: "1"))
    with pytest.raises(KataError, match="setting up uid map: Permission denied") as caught:
        sandbox.require_sandbox()
    assert "profile" in caught.value.hint


def test_the_command_says_what_a_bubblewrap_that_is_refused_says(checkout: Checkout, tmp_path: Path) -> None:
    checkout.add("a01_twice", GOOD)
    fake = tmp_path / "bin" / "bwrap"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    fake.chmod(0o755)
    (checkout.root / "forks" / "zoe").mkdir(parents=True)
    path = {"PATH": f"{fake.parent}{os.pathsep}{os.environ['PATH']}"}
    done = checkout.kata("grade", "forks", "--require-sandbox", env=path)
    assert done.code == 2
    assert "bwrap: setting up uid map: Permission denied (" in done.err
    assert "user namespaces" in done.err
    assert "['" not in done.err

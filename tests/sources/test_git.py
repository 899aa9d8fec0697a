"""Stubs are read out of repositories as blobs: nothing of a learner's repository is run, obeyed or followed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.grading.collect import collect
from harness.grading.model import Learner
from harness.sources import git as git_module
from harness.sources.entry import MOST_BYTES
from harness.sources.git import is_url, without_credentials

from boards import make_kata

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
posix = pytest.mark.skipif(os.name != "posix", reason="POSIX files")

KATAS = (make_kata("a01_mse"), make_kata("a02_r2_score"), make_kata("b01_knn"))
MSE, KNN = "katas/a01_mse/mse.py", "katas/b01_knn/knn.py"
SOURCE = b"def mse(x, y):\r\n    return 1.0\n"
OTHER = b"def knn(x):\n    return 2.0\n"


def git(folder: Path, *arguments: str, send: bytes = b"") -> str:
    """Run git as its owner does, without a user's settings."""
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{f"GIT_{who}_{what}": "x@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    settings = ["-c", "init.defaultBranch=main", "-c", "core.autocrlf=false", "-c", "protocol.file.allow=always"]
    done = subprocess.run(
        ["git", *settings, *arguments], cwd=folder, env=environment, input=send, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


def commit(folder: Path, files: Mapping[str, bytes]) -> str:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")
    return git(folder, "rev-parse", "HEAD")


def add(folder: Path, mode: str, path: str, content: bytes | str) -> None:
    """Commit one entry of any mode; `content` is what it holds, or the hash of it."""
    name = content if isinstance(content, str) else git(folder, "hash-object", "-w", "--stdin", send=content)
    git(folder, "update-index", "--add", "--cacheinfo", f"{mode},{name},{path}")
    git(folder, "commit", "-q", "-m", "x")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "fork"
    folder.mkdir()
    git(folder, "init", "-q")
    commit(folder, {MSE: SOURCE, KNN: OTHER, "README.md": b"hello"})
    return folder


def taken(source: Path | str, ref: str = "") -> dict[str, bytes]:
    submissions, refusals = collect(Learner("learner-1", "learner-1", str(source), ref), KATAS)
    assert refusals == []
    return {submission.kata: submission.source for submission in submissions}


def refused(source: Path | str, kata: str, *parts: str, ref: str = "", katas: list[str] | None = None) -> None:
    submissions, (refusal,) = collect(Learner("learner-1", "learner-1", str(source), ref), KATAS)
    assert refusal.kata == kata
    for part in parts:
        assert part in refusal.sentence
    assert refusal.sentence.isprintable()
    assert [submission.kata for submission in submissions] == (katas or [])


BOTH = {"a01_mse": SOURCE, "b01_knn": OTHER}


def test_what_is_committed_counts(repository: Path) -> None:
    (repository / MSE).write_bytes(b"not committed")
    (repository / KNN).unlink()
    assert taken(repository) == BOTH
    assert taken(repository.as_uri()) == BOTH


def test_nothing_is_written_into_the_repository(repository: Path) -> None:
    def snapshot() -> dict[str, float]:
        return {str(path): path.stat().st_mtime for path in repository.rglob("*")}

    before = snapshot()
    taken(repository)
    assert snapshot() == before


def test_a_bare_one_and_packed_references(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(repository), "bare.git")
    git(tmp_path / "bare.git", "gc", "-q")
    assert (tmp_path / "bare.git/packed-refs").exists()
    assert taken(tmp_path / "bare.git") == BOTH
    assert taken(tmp_path / "bare.git", "main") == BOTH


def test_references_of_every_kind(repository: Path, tmp_path: Path) -> None:
    old = git(repository, "rev-parse", "HEAD")
    git(repository, "tag", "-a", "-m", "x", "v1")
    git(repository, "switch", "-q", "-c", "feature/one")
    new = commit(repository, {MSE: b"new"})
    git(repository, "switch", "-q", "main")
    for ref in ("", "HEAD", "main", "refs/heads/main", "v1", "refs/tags/v1", old, old[:8]):
        assert taken(repository, ref) == BOTH
    for ref in ("feature/one", new, new[:10]):
        assert taken(repository, ref)["a01_mse"] == b"new"
    git(tmp_path, "clone", "-q", str(repository), "clone")
    assert taken(tmp_path / "clone", "feature/one")["a01_mse"] == b"new"
    assert taken(tmp_path / "clone", "origin/feature/one")["a01_mse"] == b"new"
    git(repository, "switch", "-q", "--detach", "feature/one")
    assert taken(repository)["a01_mse"] == b"new"


def test_a_repository_with_longer_hashes(tmp_path: Path) -> None:
    folder = tmp_path / "long"
    folder.mkdir()
    git(folder, "init", "-q", "--object-format=sha256")
    commit(folder, {MSE: SOURCE})
    assert taken(folder) == {"a01_mse": SOURCE}


@pytest.mark.parametrize("ref", ["none", "abcdef01", "0" * 40, "--upload-pack=x", "a..b", "a b", "x:y", "../x", "@{1}"])
def test_references_that_are_not_there(repository: Path, ref: str) -> None:
    refused(repository, "", ref=ref)


def test_a_reference_that_is_no_commit(repository: Path) -> None:
    refused(repository, "", "it has no commit", ref=git(repository, "rev-parse", f"HEAD:{MSE}"))


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    refused(tmp_path, "", "it has no commit yet")


def test_a_repository_without_katas(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    commit(tmp_path, {"mse.py": SOURCE})
    refused(tmp_path, "", "there is no katas/ folder in it")


@pytest.mark.parametrize(
    ("mode", "path", "sentence"),
    [
        ("120000", MSE, f"{MSE} is a symbolic link"),
        ("160000", MSE, f"{MSE} is a submodule"),
        ("120000", "katas/a01_mse", "katas/a01_mse is a symbolic link"),
        ("160000", "katas/a01_mse", "katas/a01_mse is a submodule"),
    ],
)
def test_links_and_submodules_are_refused(repository: Path, mode: str, path: str, sentence: str) -> None:
    git(repository, "rm", "-q", "-r", "katas/a01_mse")
    content = b"../../README.md" if mode == "120000" else git(repository, "rev-parse", "HEAD")
    add(repository, mode, path, content)
    refused(repository, "a01_mse", sentence, katas=["b01_knn"])


@pytest.mark.parametrize("mode", ["120000", "160000"])
def test_katas_itself_as_a_link_is_refused_once(repository: Path, mode: str) -> None:
    git(repository, "rm", "-q", "-r", "katas")
    add(repository, mode, "katas", b"/etc" if mode == "120000" else git(repository, "rev-parse", "HEAD"))
    refused(repository, "", "katas is a s")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"x" * (MOST_BYTES + 1), "is over 1 MiB"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "Git LFS"),
        (b"\0", "NUL"),
        (b"\xe9", "not UTF-8"),
    ],
)
def test_files_that_are_no_sources_are_refused(repository: Path, data: bytes, sentence: str) -> None:
    commit(repository, {MSE: data})
    refused(repository, "a01_mse", sentence, katas=["b01_knn"])


def test_a_file_that_is_too_large_is_never_read(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(repository, {MSE: b"x" * (MOST_BYTES + 1), KNN: b"x" * (MOST_BYTES + 1)})
    asked = []
    run = git_module.Repository.run

    def spy(self: git_module.Repository, arguments: list[str], **options: object) -> bytes:
        asked.append(arguments[:2])
        return run(self, arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(git_module.Repository, "run", spy)
    collect(Learner("learner-1", "learner-1", str(repository)), KATAS)
    assert ["cat-file", "--batch-check"] in asked
    assert ["cat-file", "blob"] not in asked


def test_a_missing_or_damaged_blob_is_refused(repository: Path) -> None:
    for path, damage in ((MSE, None), (KNN, b"damaged")):
        name = git(repository, "rev-parse", f"HEAD:{path}")
        file = repository / ".git/objects" / name[:2] / name[2:]
        file.chmod(0o600)
        if damage is None:
            file.unlink()
        else:
            file.write_bytes(damage)
    submissions, refusals = collect(Learner("learner-1", "learner-1", str(repository)), KATAS)
    assert submissions == []
    assert {refusal.kata for refusal in refusals} == {"a01_mse", "b01_knn"}
    assert all("in the repository" in refusal.sentence for refusal in refusals)


@posix
def test_nothing_of_the_repository_is_run_or_obeyed(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = tmp_path / "trace"
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\necho $0 >> {trace}\ncat\n")
    script.chmod(0o700)
    for name in ("post-checkout", "post-merge", "pre-receive", "reference-transaction", "fsmonitor-watchman"):
        shutil.copy(script, repository / ".git/hooks" / name)
    for setting in ("core.fsmonitor", "core.sshCommand", "core.pager", "filter.x.smudge", "filter.x.clean", "diff.external",
                    "core.gitProxy", "uploadpack.packObjectsHook", "core.alternateRefsCommand", "alias.cat-file"):  # fmt: skip
        git(repository, "config", setting, str(script))
    for setting, value in (
        ("remote.origin.url", f"ext::{script}"),
        ("remote.origin.promisor", "true"),
        ("extensions.partialClone", "origin"),
        ("core.repositoryFormatVersion", "1"),
        ("include.path", str(script)),
    ):
        git(repository, "config", "--file", str(repository / ".git/config"), setting, value)
    (repository / ".gitattributes").write_text("* filter=x diff=x\n")
    (repository / ".git/info/attributes").write_text("* filter=x\n")
    name = (repository / ".git/refs/heads/main").read_text().strip()
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", str(script))
    monkeypatch.setenv("GIT_SSH_COMMAND", str(script))
    assert taken(repository) == BOTH
    assert not trace.exists()
    (repository / ".git/objects" / name[:2] / name[2:]).unlink()
    refused(repository, "", "it has no commit")
    assert not trace.exists()


@posix
def test_a_git_folder_that_leads_elsewhere_is_refused(repository: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    shutil.copytree(repository, secret)
    (repository / ".git").rename(repository / "real")
    (repository / ".git").symlink_to(secret / ".git")
    refused(repository, "", ".git is not a folder")
    (repository / ".git").unlink()
    (repository / ".git").write_text(f"gitdir: {secret / '.git'}\n")
    refused(repository, "", ".git is not a folder")
    (repository / ".git").unlink()
    (repository / "real").rename(repository / ".git")
    assert taken(repository) == BOTH

    (repository / ".git/commondir").write_text(str(secret / ".git"))
    refused(repository, "", "borrows from another repository (commondir)")
    (repository / ".git/commondir").unlink()
    alternates = repository / ".git/objects/info/alternates"
    alternates.parent.mkdir(exist_ok=True)
    alternates.write_text(str(secret / ".git/objects"))
    refused(repository, "", "borrows from another repository (objects/info/alternates)")
    alternates.unlink()
    (repository / ".git/objects/pack/pack-1.pack").symlink_to(secret / "README.md")
    refused(repository, "", "a link or special file in it, pack-1.pack")


@posix
@pytest.mark.parametrize("name", ["objects", "refs", "refs/heads", "HEAD"])
def test_a_part_of_a_git_folder_that_leads_elsewhere_is_refused(repository: Path, tmp_path: Path, name: str) -> None:
    (repository / ".git" / name).rename(tmp_path / "part")
    (repository / ".git" / name).symlink_to(tmp_path / "part")
    refused(repository, "", "a link or special file")


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        (b"", "HEAD is damaged"),
        (b"ref: ../../secret", "HEAD is damaged"),
        (b"ref: refs/../../secret", "HEAD is damaged"),
        (b"ref: refs/heads/\xff\x00", "HEAD is damaged"),
        (b"\xff" * 50, "HEAD is damaged"),
        (b"ref: refs/heads/none", "no commit yet"),
        (b"0" * 40, "it has no commit 000000000000"),
        (b"x" * (17 * 2**20), "HEAD is over 16 MiB"),
    ],
)
def test_a_damaged_head_is_refused(repository: Path, head: bytes, sentence: str) -> None:
    (repository / ".git/HEAD").write_bytes(head)
    refused(repository, "", sentence)


def test_damaged_references_are_refused(repository: Path) -> None:
    (repository / ".git/refs/heads/main").write_bytes(b"--help\n")
    refused(repository, "", "refs/heads/main is damaged")
    (repository / ".git/refs/heads/main").unlink()
    (repository / ".git/packed-refs").write_bytes(b"# x\n\xff\xfe\n^1\n-n refs/heads/main\n")
    refused(repository, "", "refs/heads/main is damaged")


def test_an_empty_git_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    refused(tmp_path, "", "git folder cannot be read")


def test_a_git_folder_with_too_many_files_is_refused(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.sources.refs.MOST_FILES", 5)
    refused(repository, "", "more than 5 files")


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An `ssh` that stays on this machine; what it was asked is in the file that is returned."""
    asked = tmp_path / "asked"
    program = tmp_path / "bin/ssh"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" > {asked}\nenv >> {asked}\n'
        'case "$*" in *hang*) sleep 30;; esac\nfor last; do :; done\nexec sh -c "$last"\n'
    )
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return asked


@posix
def test_a_remote_is_fetched_without_its_history(repository: Path, ssh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_ASKPASS", "evil")
    monkeypatch.setenv("SSH_ASKPASS", "evil")
    commit(repository, {MSE: b"new"})
    git(repository, "branch", "other", "HEAD~1")
    for url in (f"ssh://example.org{repository}", f"git@example.org:{repository}"):
        assert taken(url)["a01_mse"] == b"new"
        assert taken(url, "other") == BOTH
    seen = ssh.read_text()
    assert "BatchMode=yes" in seen
    assert "evil" not in seen
    refused(f"ssh://example.org{repository}", "", "it cannot be fetched", "none", ref="none")


@posix
def test_a_remote_that_does_not_answer_is_given_up(ssh: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_module, "FETCH_S", 0.2)
    refused("ssh://user:secret@hang.example.org/x", "", "it cannot be fetched: git took longer than")
    assert ssh.exists()
    assert not list(tmp_path.glob("kata-collect-*"))


@posix
def test_a_remote_that_is_too_large_is_given_up(repository: Path, ssh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(repository, {f"{i}.bin": os.urandom(2**20) for i in range(2)})
    monkeypatch.setattr(git_module, "MOST_WRITTEN", 2**20)
    refused(f"ssh://example.org{repository}", "", "it cannot be fetched")
    assert ssh.exists()


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c true",
        "fd::17",
        "git://example.org/x",
        "http://example.org/x",
        "ftp://example.org/x",
        "EXT::x",
        "x-y::z",
    ],
)
def test_other_protocols_are_refused(url: str) -> None:
    assert is_url(url)
    refused(url, "", "fetched by https or ssh")


@pytest.mark.parametrize("url", ["file://example.org/x", "file://[x/y"])
def test_files_of_other_machines_are_refused(url: str) -> None:
    refused(url, "", "the source is")


@pytest.mark.parametrize("url", ["https://example.org/\0", "https://example.org/\ud800"])
def test_urls_that_no_program_can_be_given_are_refused(url: str) -> None:
    refused(url, "", "git cannot be started")


def test_credentials_do_not_get_into_sentences() -> None:
    assert without_credentials("at https://me:secret@example.org/x") == "at https://example.org/x"


def test_without_git_there_is_a_sentence(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    refused(repository, "", "git")


def test_a_module_is_not_imported_by_learners() -> None:
    code = "import sys, harness.cli.main; print('harness.cohort.collect' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

"""A sandbox has no network: nothing that listens on the host answers a subject."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from harness.isolation.sandbox import PROCESS, SANDBOX, sandbox_problem

from remote_subjects import loaded

CALLS = """
import socket
def tcp(port):
    return attempt(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", port))
def udp(address):
    return attempt(socket.AF_INET, socket.SOCK_DGRAM, (address, 53))
def unix(name):
    return attempt(socket.AF_UNIX, socket.SOCK_STREAM, name)
def attempt(family, kind, address):
    try:
        with socket.socket(family, kind) as sock:
            sock.connect(address)
    except OSError:
        return False
    return True
"""


@pytest.mark.parametrize("mode", [PROCESS, SANDBOX])
def test_only_a_plain_process_reaches_what_listens_on_the_host(mode: str, tmp_path: Path) -> None:
    if mode == SANDBOX and sandbox_problem():
        pytest.skip(sandbox_problem())
    listens = mode == PROCESS
    (tmp_path / "outside").mkdir()
    (tmp_path / "shared").mkdir()
    in_folder = str(tmp_path / "outside" / "socket")
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as named:
        named.bind(in_folder)
        named.listen()
        with socket.socket(socket.AF_UNIX) as abstract:
            abstract.bind("\0kata-test-of-the-network")
            abstract.listen()
            with loaded(CALLS, mode, tmp_path / "shared") as subject:
                assert subject.tcp(tcp.getsockname()[1]) is listens
                assert subject.unix(in_folder) is listens
                assert subject.unix("\0kata-test-of-the-network") is listens
                if mode == SANDBOX:
                    assert subject.udp("192.0.2.1") is False

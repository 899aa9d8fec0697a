"""System calls that a server in the sandbox is refused: a seccomp filter, as the bytes that bubblewrap takes.

The namespaces of the sandbox leave little to reach. What is refused here is what could be turned against the folder that suites
and subjects share (a link that the suite would write through), another process (whose work would not be on the clock that a
race reads), memory that counts for no process and no folder (memfds, segments and queues of IPC, attributes of files, pages
given to pipes, descriptors in flight), sockets of all families but Unix (a network namespace does not hold those to the
hypervisor, vsock, and buffers of TCP count for no process), and interfaces of the kernel that no solution needs and that are
the usual way to break out. Numbers are those of the kernel's system call tables, x86-64 and arm64.
"""

from __future__ import annotations

import errno
import platform
import struct

_NUMBERS = {
    "x86_64": {
        "architecture": 0xC000003E,
        "clone": 56,
        "socket": 41,
        "refused": {
            "fork": 57, "vfork": 58,
            "link": 86, "symlink": 88, "linkat": 265, "symlinkat": 266, "mknod": 133, "mknodat": 259, "ptrace": 101,
            "process_vm_readv": 310, "process_vm_writev": 311, "mount": 165, "umount2": 166, "pivot_root": 155,
            "unshare": 272, "setns": 308, "open_tree": 428, "move_mount": 429, "fsopen": 430, "mount_setattr": 442,
            "keyctl": 250, "add_key": 248, "request_key": 249, "bpf": 321, "perf_event_open": 298,
            "userfaultfd": 323, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
            "memfd_create": 319, "memfd_secret": 447, "shmget": 29, "msgget": 68, "semget": 64, "mq_open": 240,
            "setxattr": 188, "lsetxattr": 189, "fsetxattr": 190, "setxattrat": 463, "vmsplice": 278, "sendmsg": 46,
            "sendmmsg": 307,
            "kexec_load": 246, "init_module": 175, "finit_module": 313, "open_by_handle_at": 304,
        },
    },
    "aarch64": {
        "architecture": 0xC00000B7,
        "clone": 220,
        "socket": 198,
        "refused": {
            "linkat": 37, "symlinkat": 36, "mknodat": 33, "ptrace": 117, "process_vm_readv": 270,
            "process_vm_writev": 271, "mount": 40, "umount2": 39, "pivot_root": 41, "unshare": 97, "setns": 268,
            "open_tree": 428, "move_mount": 429, "fsopen": 430, "mount_setattr": 442, "keyctl": 219, "add_key": 217,
            "request_key": 218, "bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "io_uring_setup": 425,
            "io_uring_enter": 426, "io_uring_register": 427, "memfd_create": 279, "memfd_secret": 447, "shmget": 194,
            "msgget": 186, "semget": 190, "mq_open": 180, "setxattr": 5,
            "lsetxattr": 6, "fsetxattr": 7, "setxattrat": 463, "vmsplice": 75, "sendmsg": 211, "sendmmsg": 269,
            "kexec_load": 104, "init_module": 105,
            "finit_module": 273, "open_by_handle_at": 265,
        },
    },
}  # fmt: skip

_CLONE3 = 435
"""On all machines. Its flags are behind a pointer, where a filter cannot look; glibc takes `clone` where there is none."""
_CLONE_THREAD = 0x10000
_UNIX = 1
"""The family of Unix sockets."""
_LOAD, _EQUAL, _AT_LEAST, _HAS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
"""Instructions of classic BPF: load a word, jump if equal, jump if greater or equal, jump if a bit is set, return."""
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
"""Where `struct seccomp_data` has them."""
_FOREIGN_ABI = 0x40000000
"""Numbers from here on are another set of calls on x86-64 (x32), which the list above would not meet."""


def seccomp_filter(machine: str = "") -> bytes:
    """The filter for this machine, empty for a machine whose numbers are not known."""
    known = _NUMBERS.get(machine or platform.machine())
    if known is None:
        return b""
    refused = known["refused"].values()  # type: ignore[attr-defined]
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_EQUAL, 1, 0, known["architecture"]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_AT_LEAST, 0, 1, _FOREIGN_ABI),
        (_RETURN, 0, 0, _KILL),
    ]
    for number in refused:
        program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERRNO | errno.EPERM)]
    program += [
        (_EQUAL, 0, 1, _CLONE3),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        (_EQUAL, 0, 4, known["socket"]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        (_EQUAL, 1, 0, _UNIX),
        (_RETURN, 0, 0, _ERRNO | errno.EAFNOSUPPORT),
        (_RETURN, 0, 0, _ALLOW),
        (_EQUAL, 0, 3, known["clone"]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        (_HAS, 1, 0, _CLONE_THREAD),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)

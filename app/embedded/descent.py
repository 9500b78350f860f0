"""What a child does between fork and exec on Linux: give up root, and ask to die with its parent.

The order matters. Changing the uid clears a parent-death signal, so that comes last. Capabilities outlive the change of
uid only under the securebit, and the same securebit makes access(2) honour them: initdb and postgres check their own
files with access(2), which otherwise ignores every capability of an ordinary user.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

from app.embedded.account import CAP_DAC_OVERRIDE, Identity

PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
SECBIT_NO_SETUID_FIXUP = 1 << 2
CAPABILITY_VERSION_3 = 0x20080522


class _CapabilityHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _CapabilityWord(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


# Loaded before any fork: a child that runs between fork and exec must not load libraries.
_libc = ctypes.CDLL(None, use_errno=True)


def descent(identity: Identity, dies_with_parent: signal.Signals) -> Callable[[], None]:
    """The function to run in the child. It is called in the thread that forks: Linux sends the parent-death signal when
    that thread ends, so children are started from the main thread only.
    """
    parent = os.getpid()

    def descend() -> None:
        os.umask(0o077)
        _become(identity)
        if sys.platform == "linux":
            _prctl(PR_SET_PDEATHSIG, dies_with_parent)
        # The parent may have gone before the signal was asked for.
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return descend


def _become(identity: Identity) -> None:
    account = identity.account
    if account is None:
        return
    if identity.enters_closed_folders:
        _prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)
    os.setgroups([])
    os.setgid(account.gid)
    os.setuid(account.uid)
    if identity.enters_closed_folders:
        _keep_only_override()


def _keep_only_override() -> None:
    mask = 1 << CAP_DAC_OVERRIDE
    header = _CapabilityHeader(CAPABILITY_VERSION_3, 0)
    words = (_CapabilityWord * 2)(_CapabilityWord(mask, mask, mask), _CapabilityWord(0, 0, 0))
    if _libc.capset(ctypes.byref(header), words) != 0:
        raise OSError(ctypes.get_errno(), "capset")
    _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE)


def _prctl(option: int, *arguments: int) -> None:
    padded = [*arguments, 0, 0, 0, 0][:4]
    if _libc.prctl(ctypes.c_int(option), *(ctypes.c_ulong(value) for value in padded)) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")

"""Which operating-system account the servers run as, and whether it can reach their files."""

import os
import pwd
import re
import stat
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from app.embedded.errors import CannotStart

DEFAULT_ACCOUNT = "nobody"
CAP_DAC_OVERRIDE = 1
CAP_SETPCAP = 8


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Identity:
    """What a child becomes. Without an account it stays who we are."""

    account: Account | None = None
    enters_closed_folders: bool = False


def serving_account(run_as: str | None, keeper: int | None) -> Account:
    """The account for the servers; `keeper` is the uid that owns the data directory, when there is one already."""
    if os.geteuid() != 0:
        return _own_account(run_as, keeper)
    if keeper is not None and keeper != 0:
        return _keeper_account(run_as, keeper)
    account = _named_account(run_as or DEFAULT_ACCOUNT)
    if account.uid == 0:
        raise CannotStart("PostgreSQL refuses to run as root. Name an ordinary account with PLENARY_RUN_AS.")
    return account


def identity_for(account: Account, paths: Iterable[Path]) -> Identity:
    """How to become the account so that it reaches every path, however closed the folders above them are."""
    if account.uid == os.geteuid():
        return Identity()
    closed = next((path for path in paths if not may_reach(account, path)), None)
    if closed is not None and not _may_grant_override():
        raise CannotStart(
            f"The servers run as {account.name}, which may not reach {closed}, and this process holds too few "
            "capabilities to let it. Set PLENARY_HOME (and keep the virtual environment) below a folder that "
            f"{account.name} may enter, name another account with PLENARY_RUN_AS, or start as an ordinary user."
        )
    return Identity(account, enters_closed_folders=closed is not None)


def may_reach(account: Account, path: Path) -> bool:
    """Judged by mode bits alone: an access list that says otherwise costs a capability nobody needed, or a clear error
    from the server.
    """
    real = path.resolve()
    return _allows(account, real, 0o5) and all(_allows(account, folder, 0o1) for folder in real.parents)


def _allows(account: Account, path: Path, wanted: int) -> bool:
    status = path.stat()
    mode = stat.S_IMODE(status.st_mode)
    if status.st_uid == account.uid:
        mode >>= 6
    elif status.st_gid == account.gid:
        mode >>= 3
    return mode & wanted == wanted


def _may_grant_override() -> bool:
    if sys.platform != "linux":
        return False
    found = re.search(r"^CapEff:\s*([0-9a-f]+)", Path("/proc/self/status").read_text(), re.MULTILINE)
    held = int(found.group(1), 16) if found else 0
    return all(held >> capability & 1 for capability in (CAP_DAC_OVERRIDE, CAP_SETPCAP))


def _own_account(run_as: str | None, keeper: int | None) -> Account:
    uid = os.geteuid()
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise CannotStart(
            f"User id {uid} has no entry in the password database, and PostgreSQL refuses to run without one. "
            "Start as an existing account (in a container: one that /etc/passwd names)."
        ) from None
    if run_as not in {None, entry.pw_name}:
        raise CannotStart(f"PLENARY_RUN_AS={run_as}: only root can run the servers as another account.")
    if keeper not in {None, uid}:
        raise CannotStart(
            f"The data directory belongs to {_name_of(keeper)}. Start as that account or as root, or choose another "
            "PLENARY_HOME."
        )
    return Account(entry.pw_name, uid, entry.pw_gid)


def _keeper_account(run_as: str | None, keeper: int) -> Account:
    """Root takes over the home of whoever started first: PostgreSQL serves only a directory that its own user owns."""
    name = _name_of(keeper)
    if run_as not in {None, name}:
        raise CannotStart(
            f"PLENARY_RUN_AS={run_as}, but the data directory belongs to {name}. Leave PLENARY_RUN_AS out, or choose "
            "another PLENARY_HOME."
        )
    return _named_account(name)


def _named_account(name: str) -> Account:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise CannotStart(
            f"There is no account {name} in the password database. As root the servers run as an existing ordinary "
            "account; name one with PLENARY_RUN_AS."
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _name_of(uid: int | None) -> str:
    try:
        return pwd.getpwuid(uid if uid is not None else -1).pw_name
    except (KeyError, OverflowError):
        return f"user id {uid}"

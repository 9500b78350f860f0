"""The folder that holds one installation: $PLENARY_HOME."""

import fcntl
import hashlib
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.embedded.account import Account
from app.embedded.errors import CannotStart

# sockaddr_un holds 108 bytes on Linux and 104 on macOS, the final zero included.
LONGEST_SOCKET_PATH = 103
LONGEST_SOCKET_NAME = len("/.s.PGSQL.5432")
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")
# Not $TMPDIR, which may be the long path that brought us here. The folder in it is made private and checked.
SHORT_FOLDER = Path("/tmp")  # noqa: S108


class Home:
    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        self.env_file = self.path / "env"
        self.secret_keys = self.path / "secret-keys"
        self.demo_wanted = self.path / "demo-wanted"
        self.demo_keys = self.path / "demo-keys.json"
        self.outbox = self.path / "outbox"
        self.bootstrapped = self.path / "bootstrapped"
        self.servers = self.path / "servers"
        self.postgres_data = self.servers / "postgres"
        self.valkey_folder = self.servers / "valkey"

    def create(self) -> None:
        """Root lets the servers' account pass through a home that it makes itself; what is inside is closed one by one.
        A home that exists keeps the mode its owner gave it.
        """
        if self.path.is_dir():
            return
        try:
            self.path.mkdir(parents=True)
            self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
        except OSError as error:
            raise CannotStart(
                f"{self.path} cannot be made a folder: {error.strerror}. Set PLENARY_HOME to a folder of yours."
            ) from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Held for as long as the supervisor lives; the kernel lets go of it however we die."""
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _lock(descriptor, self.path)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            yield
        finally:
            os.close(descriptor)

    def is_running(self) -> bool:
        """Whether a supervisor holds this home."""
        if not self.path.exists():
            return False
        try:
            with self.locked():
                return False
        except CannotStart:
            return True

    def data_keeper(self) -> int | None:
        """The uid that the data directory belongs to, when there is one."""
        try:
            return self.postgres_data.stat().st_uid
        except FileNotFoundError:
            return None

    def create_server_folders(self, account: Account) -> Path:
        """Makes what the servers need, owned by their account, and returns the folder for their sockets."""
        sockets = self.socket_folder()
        for folder in (self.servers, self.valkey_folder, sockets):
            own_folder(folder, account)
        return sockets

    def socket_folder(self) -> Path:
        """Below the home, or in a private temporary folder when the path would be too long for a socket or holds
        characters that mean something in a URL or in PostgreSQL's list of folders. The name is made from the home, so
        that it is the same after every start and no two homes share it.
        """
        own = self.servers / "run"
        is_short = len(os.fsencode(own)) + LONGEST_SOCKET_NAME <= LONGEST_SOCKET_PATH
        if is_short and PLAIN_PATH.fullmatch(str(own)):
            return own
        digest = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
        return SHORT_FOLDER.resolve() / f"plenary-{os.geteuid()}-{digest}"

    def remove_sockets(self) -> None:
        """Leaves nothing behind outside the home."""
        shutil.rmtree(self.socket_folder(), ignore_errors=True)

    def superuser_password(self) -> str:
        path = self.path / "postgres-password"
        if path.exists():
            return path.read_text().strip()
        if self.postgres_data.exists():
            raise CannotStart(
                f"{path} is missing, and without it nobody can enter {self.postgres_data}. Put the file back, or "
                "choose another PLENARY_HOME and restore a backup there with `plenary restore FILE`."
            )
        password = secrets.token_urlsafe(32)
        write_private(path, password + "\n")
        return password


def write_private(path: Path, text: str) -> None:
    """Readable by its owner alone, and never half written."""
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode().strip() or "unknown"
        raise CannotStart(
            f"Plenary is already running in {path} (process {holder}). Stop that one first, or give this one a "
            "PLENARY_HOME and a PLENARY_PORT of its own."
        ) from None


def own_folder(folder: Path, account: Account) -> None:
    """Makes a folder that is the account's alone, or refuses what is there in its place."""
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    # Somebody else may have made the name in a shared temporary folder before us, or put a link there.
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in {os.geteuid(), account.uid}:
        raise CannotStart(f"{folder} is not a folder of {account.name}. Remove it, or choose another PLENARY_HOME.")
    if status.st_uid != account.uid:
        os.chown(folder, account.uid, account.gid)
    folder.chmod(0o700)

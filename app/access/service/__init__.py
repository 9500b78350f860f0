"""Use cases of access: finding out who calls, and giving and taking keys and roles."""

from app.access.repository import list_holders
from app.access.service.authenticator import DatabaseAuthenticator
from app.access.service.grants import end_grant, grant_role
from app.access.service.keys import create_key, revoke_key, rotate_key
from app.access.service.persons import (
    erase_person,
    export_person,
    hands_of,
    list_holders_around,
    own_practices,
    scopes_of,
)
from app.access.service.secret import KEY_PREFIX, hash_key, new_secret
from app.access.service.tenants import in_tenant, in_tenant_of

__all__ = [
    "KEY_PREFIX",
    "DatabaseAuthenticator",
    "create_key",
    "end_grant",
    "erase_person",
    "export_person",
    "grant_role",
    "hands_of",
    "hash_key",
    "in_tenant",
    "in_tenant_of",
    "list_holders",
    "list_holders_around",
    "new_secret",
    "own_practices",
    "revoke_key",
    "rotate_key",
    "scopes_of",
]

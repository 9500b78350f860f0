"""Every setting, from variables named PLENARY_…; read when a process starts, never when a module is imported."""

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, get_args, get_origin
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError

from app.core.addresses import check_address
from app.core.networks import Network, parse_networks
from app.core.secrets import SecretBox

_PREFIX: Final = "PLENARY_"
_POSTGRES_SCHEMES: Final = frozenset({"postgres", "postgresql", "postgresql+asyncpg"})

Login = Literal["app", "owner", "worker", "platform", "reader", "backup", "admin"]
_LOGIN_FIELDS: Final[dict[str, str]] = {
    "app": "database_url",
    "owner": "owner_url",
    "worker": "worker_url",
    "platform": "platform_url",
    "reader": "reader_url",
    "backup": "backup_url",
    "admin": "admin_database_url",
}


class SettingsInvalid(Exception):
    """A setting is missing or wrong. The text names it and never shows its value."""


def _scheme_of(url: str, allowed: frozenset[str]) -> str:
    parts = urlsplit(url)
    if parts.scheme not in allowed:
        raise ValueError(f"has to begin with one of: {', '.join(f'{scheme}://' for scheme in sorted(allowed))}")
    try:
        _ = parts.port
    except ValueError:
        # The library quotes the text, which is a piece of the password when that was not percent-encoded.
        raise ValueError(
            "has a port that is no number; `/`, `#`, `?` and `@` in a password are percent-encoded"
        ) from None
    return parts.scheme


def _postgres_url(url: str) -> str:
    scheme = _scheme_of(url, _POSTGRES_SCHEMES)
    return "postgresql" + url.removeprefix(scheme)


def _redis_url(url: str) -> str:
    _scheme_of(url, frozenset({"redis", "rediss", "unix"}))
    return url


def _smtp_url(url: str) -> str:
    _scheme_of(url, frozenset({"smtp", "smtps"}))
    if not urlsplit(url).hostname:
        raise ValueError("has to name a host")
    return url


def _imap_url(url: str) -> str:
    _scheme_of(url, frozenset({"imaps", "imap"}))
    parts = urlsplit(url)
    if not parts.hostname or not parts.username or parts.password is None:
        raise ValueError("has to name a user, a password and a host")
    if parts.scheme == "imap" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise ValueError("has to be imaps:// but on this machine: the password would be readable on the way")
    return url


def _public_url(url: str) -> str:
    _scheme_of(url, frozenset({"http", "https"}))
    return url.rstrip("/")


def _proxies(text: str) -> str:
    entries = [entry for part in text.split(",") if (entry := part.strip()) and entry != "*"]
    try:
        for entry in entries:
            ipaddress.ip_network(entry, strict=False)
    except ValueError:
        raise ValueError("has to be addresses, networks or *, separated by commas") from None
    return text


def _networks(text: str) -> str:
    try:
        parse_networks(text)
    except ValueError:
        raise ValueError("has to be networks or addresses, separated by commas") from None
    return text


def _secret_keys(text: str) -> str:
    SecretBox.from_setting(text)
    return text


PostgresUrl = Annotated[str, AfterValidator(_postgres_url)]


class OidcIssuer(BaseModel):
    """An identity provider whose tokens are accepted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str
    audience: str
    commissioner: str | None = None
    algorithms: tuple[str, ...] | None = None
    email_claim: str | None = None


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    home: Path = Field(Path(".plenary"), description="Folder of the embedded servers, the demo keys and the outbox.")
    environment: Literal["development", "production"] = Field(
        "development", description="`production` refuses to start without secret keys."
    )
    host: str = Field("127.0.0.1", description="Address to listen at.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen at.")
    public_url: Annotated[str, AfterValidator(_public_url)] | None = Field(
        None,
        description="The address callers use, where it differs from host and port: in the links of mails, and beside the demo's keys.",
    )
    trusted_proxies: Annotated[str, AfterValidator(_proxies)] = Field(
        "", description="Addresses or networks of proxies whose X-Forwarded-For is believed, separated by commas."
    )
    admin_database_url: PostgresUrl | None = Field(
        None,
        repr=False,
        description="A PostgreSQL superuser, in place of the embedded server: used to set up databases.",
    )
    database_url: PostgresUrl | None = Field(None, repr=False, description="The app login.")
    owner_url: PostgresUrl | None = Field(None, repr=False, description="The owner login, which migrates.")
    worker_url: PostgresUrl | None = Field(None, repr=False, description="The worker login.")
    platform_url: PostgresUrl | None = Field(
        None, repr=False, description="The platform login, which writes the register and tenants."
    )
    reader_url: PostgresUrl | None = Field(
        None, repr=False, description="The reader login, which sees published rows only."
    )
    backup_url: PostgresUrl | None = Field(None, repr=False, description="The backup login.")
    pool_size: int = Field(10, ge=1, le=200, description="Database connections of one API process, for each login.")
    redis_url: Annotated[str, AfterValidator(_redis_url)] | None = Field(
        None, repr=False, description="Redis or Valkey, which only wakes workers. Without it they look every second."
    )
    secret_keys: Annotated[str, AfterValidator(_secret_keys)] | None = Field(
        None,
        repr=False,
        description="Keys for stored secrets, `id:base64` of 32 bytes each, separated by commas, newest first. "
        "Default: the file `secret-keys` in the home folder.",
    )
    smtp_url: Annotated[str, AfterValidator(_smtp_url)] | None = Field(
        None,
        repr=False,
        description="Mail server, `smtp://user:password@host:port` or `smtps://…`. Without it mails become files.",
    )
    mail_from: str = Field("Plenary <plenary@localhost>", description="Sender of mails.")
    mail_bounces: Annotated[str, AfterValidator(check_address)] | None = Field(
        None,
        description="Address that mail comes back to, `bounces@example.org`; its mailbox has to take `bounces+…@` as well. "
        "Default: the sender's address.",
    )
    bounces_url: Annotated[str, AfterValidator(_imap_url)] | None = Field(
        None,
        repr=False,
        description="Mailbox in which mail comes back, `imaps://user:password@host/INBOX`; a worker reads it every minute.",
    )
    mail_rate: int | None = Field(
        None,
        ge=1,
        le=100_000,
        description="Messages a minute that the mail server takes. Default: as many as there are.",
    )
    notify_url: Annotated[str, AfterValidator(_public_url)] = Field(
        "https://api.notifications.service.gov.uk", description="Where GOV.UK Notify answers."
    )
    outbox: Path | None = Field(
        None, description="Folder for mails while no mail server is set. Default: `outbox` in the home folder."
    )
    oidc_issuers: tuple[OidcIssuer, ...] = Field(
        (),
        description="Identity providers, as a JSON list of `{issuer, audience, commissioner?, algorithms?, email_claim?}`.",
    )
    outside_networks: Annotated[str, AfterValidator(_networks)] = Field(
        "",
        description="Networks of one's own, separated by commas, that webhooks and other calls to the outside may reach, "
        "without TLS and at any port. Elsewhere private addresses are never called.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least level that is logged; of libraries only warnings are."
    )
    log_format: Literal["json", "console"] = Field("json", description="Form of a log line.")
    rate_limit: float = Field(100, gt=0, description="Requests a second for each key.")
    rate_limit_address: float = Field(50, gt=0, description="Requests a second for each address without a key.")
    body_limit: int = Field(1_048_576, ge=1024, description="Largest body in bytes, uploads apart.")
    upload_limit: int = Field(67_108_864, ge=1024, description="Largest uploaded file in bytes.")
    demo: bool = Field(
        default=True, description="Whether `plenary up` loads the invented commissioner. Default in production: no."
    )

    run_as: str | None = Field(
        None,
        description="Existing account of the embedded servers when `plenary up` is started as root. Default: `nobody`.",
    )

    @model_validator(mode="before")
    @classmethod
    def _no_demo_in_production(cls, given: dict[str, Any]) -> dict[str, Any]:
        if given.get("environment") == "production":
            given.setdefault("demo", False)
        return given

    @model_validator(mode="after")
    def _secret_keys_in_production(self) -> Self:
        if self.environment == "production" and self.secret_keys is None and not self._secret_keys_file.exists():
            raise ValueError("PLENARY_SECRET_KEYS has to be set in production: `id:base64` of 32 random bytes")
        return self

    @property
    def outbox_path(self) -> Path:
        return self.outbox or self.home / "outbox"

    @property
    def own_networks(self) -> tuple[Network, ...]:
        return parse_networks(self.outside_networks)

    @property
    def base_url(self) -> str:
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def _secret_keys_file(self) -> Path:
        return self.home / "secret-keys"

    def secret_keys_value(self) -> str:
        """The setting, or what the file in the home folder holds, which only its owner may read."""
        if self.secret_keys is not None:
            return self.secret_keys
        try:
            mode = self._secret_keys_file.stat().st_mode
            if mode & 0o077:
                raise SettingsInvalid(f"{self._secret_keys_file} can be read by others; its mode has to be 0600.")
            return _secret_keys(self._secret_keys_file.read_text().strip())
        except FileNotFoundError as error:
            raise SettingsInvalid(
                f"PLENARY_SECRET_KEYS is not set and there is no {self._secret_keys_file}; `plenary up` makes one."
            ) from error
        except ValueError as error:
            raise SettingsInvalid(f"{self._secret_keys_file}: {error}") from error

    def asyncpg_url(self, login: Login) -> str:
        """The URL of that login for asyncpg and libpq tools."""
        name = _LOGIN_FIELDS[login]
        url: str | None = getattr(self, name)
        if url is None:
            raise SettingsInvalid(self._why_unset(f"{_PREFIX}{name.upper()}"))
        return url

    def _why_unset(self, variable: str) -> str:
        home = self.home.absolute()
        if not home.is_dir():
            return (
                f"There is no home at {home}; start `plenary up`, or set PLENARY_HOME. ({variable} is not set either.)"
            )
        return f"{variable} has to be set. The environment does not name it, and no file `env` in {home} does."

    def refuse_incomplete(self, *logins: Login) -> None:
        """Whatever a process needs before it serves, so that it ends in words and not in the middle of its start."""
        for login in logins:
            self.asyncpg_url(login)

    def sqlalchemy_url(self, login: Login) -> str:
        """The same for SQLAlchemy, which hands query members on as arguments and knows libpq's `sslmode` as `ssl`."""
        parts = urlsplit(self.asyncpg_url(login))
        query = [("ssl" if name == "sslmode" else name, value) for name, value in parse_qsl(parts.query)]
        # Put together by hand: urlunsplit drops the slashes of a URL without a host, which means a socket.
        rest = f"?{urlencode(query)}" if query else ""
        return f"postgresql+asyncpg://{parts.netloc}{parts.path}{rest}"


def load_settings() -> Settings:
    """Reads the environment, and below it the file `env` that `plenary migrate --bootstrap` wrote to the home folder."""
    home = Path(os.environ.get(f"{_PREFIX}HOME") or ".plenary")
    try:
        return Settings(_env_file=home / "env")  # pyright: ignore[reportCallIssue] - an argument of the library's
    except ValidationError as error:
        raise SettingsInvalid("\n".join(_complaint(item) for item in error.errors())) from None
    except SettingsError:
        # The library's own error quotes the value.
        raise SettingsInvalid(f"{_PREFIX}OIDC_ISSUERS: is not JSON.") from None
    except PermissionError as error:
        raise SettingsInvalid(f"{home / 'env'} is not readable by this account.") from error


def unknown_names() -> list[str]:
    """Variables that look like settings and are none: a mistyped one would otherwise be ignored in silence."""
    known = {f"{_PREFIX}{name}".upper() for name in Settings.model_fields}
    return sorted(name for name in os.environ if name.upper().startswith(_PREFIX) and name.upper() not in known)


def _complaint(item: Any) -> str:
    name = _PREFIX + "_".join(str(part) for part in item["loc"][:1]).upper()
    text = item["msg"].removeprefix("Value error, ")
    return f"{name}: {text}" if item["loc"] else text


def settings_table() -> str:
    """The settings as a Markdown table, for docs/settings.md."""
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        meaning = (field.description or "") + _choices(field.annotation)
        lines.append(f"| `{_PREFIX}{name.upper()}` | {_shown(field.default)} | {_escaped(meaning)} |")
    return "\n".join(lines) + "\n"


def _choices(annotation: Any) -> str:
    if get_origin(annotation) is not Literal:
        return ""
    return f" One of {', '.join(f'`{choice}`' for choice in get_args(annotation))}."


def _shown(default: Any) -> str:
    if default in (None, "", ()):
        return ""
    return f"`{int(default) if isinstance(default, bool) else default}`"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")

"""Bearer tokens of any number of OpenID Connect issuers (Entra ID, NHSmail, CIS2, Keycloak)."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry, deserialize_compact

from app.access.adapters.claims import check_claims, choose_config
from app.access.adapters.compact import MAX_TOKEN_LENGTH, TokenRefused, UnverifiedToken, read_compact
from app.access.adapters.issuer_keys import IssuerKeys
from app.access.ports import IssuerConfig, VerifiedToken
from app.core.clock import Clock
from app.core.errors import Unauthenticated
from app.core.logging import get_logger
from app.core.settings import OidcIssuer, SettingsInvalid

log = get_logger(__name__)


class TokenVerifier:
    """Says whose token this is. One per process: it keeps the issuers' keys.

    Every refusal looks the same from outside; the reason goes to the log alone.
    """

    def __init__(
        self, issuers: Sequence[IssuerConfig], *, http: httpx.AsyncClient, clock: Clock, owns_http: bool = False
    ) -> None:
        if len({(config.issuer, config.audience) for config in issuers}) != len(issuers):
            raise ValueError("The same issuer and audience are configured twice.")
        self._clock = clock
        self._http = http if owns_http else None
        self._configs: dict[str, list[IssuerConfig]] = {}
        for config in issuers:
            self._configs.setdefault(config.issuer, []).append(config)
        self._keys = {issuer: IssuerKeys(issuer, http=http, clock=clock) for issuer in self._configs}

    async def verify(self, token: str) -> VerifiedToken:
        try:
            return await self._verify(token)
        except TokenRefused as refusal:
            log.info("access.token_refused", reason=str(refusal))
            raise Unauthenticated from None

    async def aclose(self) -> None:
        await asyncio.gather(*(keys.aclose() for keys in self._keys.values()))
        if self._http is not None:
            await self._http.aclose()

    async def _verify(self, token: str) -> VerifiedToken:
        unverified = read_compact(token)
        # Claims come first because they cost nothing: an expired or foreign token never reaches the network.
        config = self._config_for(unverified)
        verified = check_claims(config, unverified.claims, self._clock.now())
        keys = await self._keys[config.issuer].find(unverified.key_id, unverified.algorithm)
        if not keys:
            raise TokenRefused("unknown_key")
        if not any(_is_signed_by(key, token, unverified.algorithm) for key in keys):
            raise TokenRefused("bad_signature")
        return verified

    def _config_for(self, unverified: UnverifiedToken) -> IssuerConfig:
        issuer = unverified.claims.get("iss")
        configs = self._configs.get(issuer) if isinstance(issuer, str) else None
        if configs is None:
            raise TokenRefused("unknown_issuer")
        config = choose_config(configs, unverified.claims)
        if unverified.algorithm not in config.algorithms:
            raise TokenRefused("algorithm_not_allowed")
        return config


def open_verifier(issuers: Sequence[OidcIssuer], *, clock: Clock) -> TokenVerifier | None:
    """The verifier of the issuers in the settings, with connections of its own; none where no issuer is set."""
    if not issuers:
        return None
    try:
        configs = [IssuerConfig(**issuer.model_dump(exclude_none=True)) for issuer in issuers]
        return TokenVerifier(configs, http=httpx.AsyncClient(), clock=clock, owns_http=True)
    except ValueError as error:
        raise SettingsInvalid(f"PLENARY_OIDC_ISSUERS: {error}") from error


class _OneAlgorithm(JWSRegistry):
    """Verifies with exactly one algorithm.

    The library's own registry falls back to a list with HMAC in it when given none, and warns about the name EdDSA,
    which RFC 9864 has renamed and issuers still use.
    """

    max_header_length = MAX_TOKEN_LENGTH
    max_signature_length = MAX_TOKEN_LENGTH

    def __init__(self, algorithm: str) -> None:
        super().__init__(algorithms=[algorithm], strict_check_header=False)
        self._algorithm = algorithm

    def get_alg(self, name: str) -> Any:
        if name != self._algorithm:
            raise UnsupportedAlgorithmError(f"Algorithm of {name!r} is not allowed")
        return self.algorithms[name]


def _is_signed_by(key: Key, token: str, algorithm: str) -> bool:
    try:
        deserialize_compact(token, key, registry=_OneAlgorithm(algorithm))
    except JoseError:
        return False
    return True

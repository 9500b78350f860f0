"""Bad tokens by the hundred, as an attacker or a confused client would make them.

Each entry makes one token for a running issuer; `good` is the set of claims that would be accepted. Everything else
about a token is right, so that only what the name says can be the reason of its refusal.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any

from joserfc.jwk import OctKey, RSAKey, generate_key

from tests.fakes.oidc_issuer import FakeIssuer, new_key, sign_with

AUDIENCE = "api://plenary"
Claims = dict[str, Any]
Maker = Callable[[FakeIssuer, Claims], str]
Named = Iterator[tuple[str, Maker]]

DEFAULTS = {"RS256": "RSA", "RS512": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}
MISSING = object()


def all_bad_tokens() -> dict[str, Maker]:
    makers: dict[str, Maker] = {}
    for family in (
        unsigned,
        signed_with_the_public_key,
        wrong_key_for_the_algorithm,
        algorithms_not_allowed,
        damaged_signatures,
        changed_after_signing,
        wrong_claims,
        wrong_headers,
        wrong_shapes,
        wrong_json,
        foreign_keys,
        unusable_published_keys,
    ):
        for name, maker in family():
            assert name not in makers, name
            makers[f"{family.__name__}: {name}"] = maker
    return makers


def encode(raw: bytes | Any) -> str:
    raw = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unsigned() -> Named:
    for alg in ("none", "None", "NONE", "nOnE", "", " none", "RS256", "null"):
        for ending in ("", encode(b"\0" * 256)):
            if alg == "RS256" and ending:
                continue
            yield (
                f"alg {alg!r} and signature of {len(ending)}",
                lambda issuer, good, alg=alg, ending=ending: (
                    f"{encode({'alg': alg, 'kid': 'key-RSA'})}.{encode(good)}.{ending}"
                ),
            )
    for alg in (None, 7, ["RS256"], {"RS256": 1}, True):
        yield (
            f"alg {alg!r}",
            lambda issuer, good, alg=alg: with_header(issuer.sign(good), {"alg": alg, "kid": "key-RSA"}),
        )
    yield "no alg", lambda issuer, good: with_header(issuer.sign(good), {"kid": "key-RSA"})
    yield "no header", lambda issuer, good: with_header(issuer.sign(good), {})


def with_header(token: str, header: Any) -> str:
    return ".".join((encode(header), *token.split(".")[1:]))


def with_payload(token: str, payload: Any) -> str:
    header, _, signature = token.split(".")
    return f"{header}.{encode(payload)}.{signature}"


def signed_with_the_public_key() -> Named:
    """Algorithm confusion: what everybody can read is used as the secret of an HMAC."""
    readings: dict[str, Callable[[Any], bytes]] = {
        "pem": lambda key: key.as_pem(private=False),
        "pem without newline": lambda key: key.as_pem(private=False).strip(),
        "der": lambda key: key.as_der(private=False),
        "jwk": lambda key: json.dumps(key.as_dict(private=False)).encode(),
    }
    for kind in ("RSA", "EC", "OKP"):
        for name, reading in readings.items():
            for size in (256, 384, 512):
                yield (
                    f"{kind} {name} HS{size}",
                    lambda issuer, good, kind=kind, reading=reading, size=size: hmac_token(
                        reading(issuer.keys[f"key-{kind}"]), good, {"alg": f"HS{size}", "kid": f"key-{kind}"}
                    ),
                )
    yield "empty secret", lambda issuer, good: hmac_token(b"", good, {"alg": "HS256", "kid": "key-RSA"})
    yield (
        "HMAC that calls itself RS256",
        lambda issuer, good: hmac_token(
            issuer.keys["key-RSA"].as_pem(private=False), good, {"alg": "RS256", "kid": "key-RSA"}
        ),
    )


def hmac_token(secret: bytes, claims: Claims, header: dict[str, Any]) -> str:
    digest = {"HS384": hashlib.sha384, "HS512": hashlib.sha512}.get(header["alg"], hashlib.sha256)
    signed = f"{encode(header)}.{encode(claims)}"
    return f"{signed}.{encode(hmac.new(secret, signed.encode(), digest).digest())}"


def wrong_key_for_the_algorithm() -> Named:
    for alg, kind in DEFAULTS.items():
        for other in ("RSA", "EC", "OKP"):
            if other == kind:
                continue
            yield (
                f"{alg} by {kind} in the name of {other}",
                lambda issuer, good, alg=alg, kind=kind, other=other: sign_with(
                    issuer.keys[f"key-{kind}"], good, {"alg": alg, "kid": f"key-{other}"}
                ),
            )
    for said in ("RS512", "PS256"):
        yield (
            f"signed RS256 and said {said}",
            lambda issuer, good, said=said: with_header(issuer.sign(good), {"alg": said, "kid": "key-RSA"}),
        )


def algorithms_not_allowed() -> Named:
    for alg in ("RS384", "PS384", "PS512"):
        yield alg, lambda issuer, good, alg=alg: issuer.sign(good, alg=alg)
    for alg in ("ES384", "ES512", "ES256K", "Ed25519", "RS1", "HS1", "dir", "RSA-OAEP", "A128KW", "rs256", "RS256 "):
        yield alg, lambda issuer, good, alg=alg: with_header(issuer.sign(good), {"alg": alg, "kid": "key-RSA"})


def damaged_signatures() -> Named:
    for alg, kind in DEFAULTS.items():
        damages: dict[str, Callable[[bytes], bytes]] = {
            "first bit": lambda raw: bytes([raw[0] ^ 128]) + raw[1:],
            "last bit": lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]),
            "cut": lambda raw: raw[:-1],
            "longer": lambda raw: raw + b"\0",
            "zeros": lambda raw: bytes(len(raw)),
            "ones": lambda raw: b"\xff" * len(raw),
            "twice": lambda raw: raw + raw,
            "one byte": lambda raw: raw[:1],
        }
        for name, damage in damages.items():
            yield (
                f"{alg} {name}",
                lambda issuer, good, alg=alg, kind=kind, damage=damage: damaged(
                    issuer.sign(good, alg=alg, kid=f"key-{kind}"), damage
                ),
            )
    yield "of another token", lambda issuer, good: with_payload(issuer.sign({**good, "sub": "s-2"}), good)


def damaged(token: str, damage: Callable[[bytes], bytes]) -> str:
    head, payload, signature = token.split(".")
    raw = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    return f"{head}.{payload}.{encode(damage(raw))}"


def changed_after_signing() -> Named:
    changes = {"sub": "admin", "exp": 4_000_000_000, "email": "chair@icb.example", "roles": ["platform_admin"]}
    for name, value in changes.items():
        yield (
            name,
            lambda issuer, good, name=name, value=value: with_payload(issuer.sign(good), {**good, name: value}),
        )
    yield (
        "header",
        lambda issuer, good: with_header(issuer.sign(good), {"alg": "RS256", "kid": "key-RSA", "typ": "at+jwt"}),
    )


def wrong_claims() -> Named:
    wrong: dict[str, list[Any]] = {
        "exp": [MISSING, None, True, "1795341900", "", [], {}, -1, 0, 1795341540, 1e308, 10**400, -0.5],
        "nbf": [None, True, "0", [], -1, 1795341661, 10**400, 1e308],
        "iat": [None, False, "0", {}, -1, 1795341661, 10**400],
        "aud": [MISSING, None, "", [], {}, 7, True, "other", ["other"], [AUDIENCE, 7], [[AUDIENCE]]],
        "sub": [MISSING, None, "", 7, True, [], ["s-1"], "x" * 256, "s\x00", "s\n1", "s\u202e1"],
        "typ": ["Refresh", "Offline", "Logout", "logout", "DPoP", "", 7, None],
        "iss": [MISSING, None, "", 7, True, [], {}, "https://else.example"],
        "events": [{"http://schemas.openid.net/event/backchannel-logout": {}}, None],
        "cnf": [{"jkt": "abc"}, {"x5t#S256": "abc"}, None],
    }
    wrong["aud"] += [
        AUDIENCE.upper(),
        f"{AUDIENCE}/",
        f"{AUDIENCE} ",
        AUDIENCE[:-1],
        f"other {AUDIENCE}",
        {AUDIENCE: 1},
    ]
    for claim, values in wrong.items():
        for value in values:
            text = "missing" if value is MISSING else repr(value)[:40]
            yield (
                f"{claim} {text}",
                lambda issuer, good, claim=claim, value=value: issuer.sign(changed(good, claim, value)),
            )
    twists: dict[str, Callable[[str], Any]] = {
        "with slash": lambda url: url + "/",
        "upper case": lambda url: url.upper(),
        "with path": lambda url: url + "/realms/other",
        "as list": lambda url: [url],
        "with space": lambda url: " " + url,
        "other scheme": lambda url: url.replace("http:", "https:"),
        "without port": lambda url: url.rsplit(":", 1)[0],
        "as user of another": lambda url: url + "@else.example",
    }
    for name, twist in twists.items():
        yield f"iss {name}", lambda issuer, good, twist=twist: issuer.sign({**good, "iss": twist(issuer.url)})


def changed(good: Claims, claim: str, value: Any) -> Claims:
    rest = {name: kept for name, kept in good.items() if name != claim}
    return rest if value is MISSING else {**rest, claim: value}


def wrong_headers() -> Named:
    for typ in ("logout+jwt", "dpop+jwt", "secevent+jwt", "JOSE", "JWE", "", 7, None, [], "jwt; x=y", "application/x"):
        yield f"typ {typ!r}", lambda issuer, good, typ=typ: issuer.sign(good, typ=typ)
    for crit in (["exp"], ["b64"], ["https://else.example/must"], [], None, 7, "exp", {}, [7]):
        yield f"crit {crit!r}", lambda issuer, good, crit=crit: issuer.sign(good, crit=crit)
    for kid in (None, 7, [], {}, True, ""):
        yield f"kid {kid!r}", lambda issuer, good, kid=kid: sign_with(*by_rsa(issuer, good, kid))
    for kid in ("unknown", "../../key-RSA", "key-RSA\x00", "' OR 1=1 --", "KEY-RSA", "key-RSA ", "x" * 5000):
        yield f"kid {kid[:20]!r}", lambda issuer, good, kid=kid: sign_with(*by_rsa(issuer, good, kid))
    yield "enc", lambda issuer, good: issuer.sign(good, enc="A128GCM")
    yield "zip", lambda issuer, good: issuer.sign(good, zip="DEF")
    yield "b64 true", lambda issuer, good: issuer.sign(good, b64=True)
    yield (
        "b64 false",
        lambda issuer, good: with_header(
            issuer.sign(good), {"alg": "RS256", "kid": "key-RSA", "b64": False, "crit": ["b64"]}
        ),
    )
    yield "kid left out of several", lambda issuer, good: sign_with(*two_rsa_keys(issuer, good))
    for name in ("jwk", "x5u", "x5c"):
        yield f"of the wrong kind: {name}", lambda issuer, good, name=name: issuer.sign(good, **{name: 7})


def by_rsa(issuer: FakeIssuer, good: Claims, kid: Any) -> tuple[Any, Claims, dict[str, Any]]:
    return issuer.keys["key-RSA"], good, {"alg": "RS256", "kid": kid}


def two_rsa_keys(issuer: FakeIssuer, good: Claims) -> tuple[Any, Claims, dict[str, Any]]:
    keys = [new_key("RSA", "key-RSA"), new_key("RSA", "new-RSA")]
    issuer.publish_documents([key.as_dict(private=False) for key in keys])
    return keys[0], good, {"alg": "RS256"}


def wrong_shapes() -> Named:
    for text in ("", " ", ".", "..", "...", "a", "a.b", "a.b.c", "Bearer", "null", "{}", "\x00", "é.é.é", "undefined"):
        yield repr(text), lambda issuer, good, text=text: text
    shapes: dict[str, Callable[[str], str]] = {
        "space before": lambda token: " " + token,
        "newline after": lambda token: token + "\n",
        "scheme before": lambda token: "Bearer " + token,
        "four parts": lambda token: token + ".x",
        "five parts": lambda token: token + ".x.x",
        "dot after": lambda token: token + ".",
        "dot before": lambda token: "." + token,
        "without signature": lambda token: token.rsplit(".", 1)[0],
        "empty signature": lambda token: token.rsplit(".", 1)[0] + ".",
        "empty payload": lambda token: token.split(".")[0] + ".." + token.split(".")[2],
        "padded": lambda token: token + "==",
        "standard alphabet": lambda token: token.rsplit(".", 1)[0] + "." + "+/" * 171,
        "newline inside": lambda token: token[:30] + "\n" + token[30:],
        "quoted": lambda token: f'"{token}"',
        "upper case": lambda token: token.upper(),
        "backwards": lambda token: token[::-1],
        "full-width dot": lambda token: token.replace(".", "\uff0e"),
        "comma list": lambda token: f"{token},{token}",
        "json": lambda token: json.dumps(
            dict(zip(("protected", "payload", "signature"), token.split("."), strict=True))
        ),
        "long": lambda token: token + "A" * 20_000,
    }
    for name, shape in shapes.items():
        yield name, lambda issuer, good, shape=shape: shape(issuer.sign(good))
    yield "long and signed", lambda issuer, good: issuer.sign({**good, "groups": ["g" * 36] * 500})


def wrong_json() -> Named:
    """Payloads that are signed as they should be, by an issuer whose JSON is not what it should be."""
    documents: dict[str, Callable[[Claims], bytes]] = {
        "empty": lambda good: b"",
        "null": lambda good: b"null",
        "list": lambda good: json.dumps([good]).encode(),
        "text": lambda good: json.dumps(json.dumps(good)).encode(),
        "number": lambda good: b"1",
        "cut": lambda good: json.dumps(good).encode()[:-1],
        "two documents": lambda good: json.dumps(good).encode() * 2,
        "member twice": lambda good: b'{"sub": "admin", ' + json.dumps(good).encode()[1:],
        "member twice inside": lambda good: json.dumps(good).encode()[:-1] + b', "act": {"sub": "a", "sub": "b"}}',
        "NaN": lambda good: json.dumps({**good, "exp": float("nan")}).encode(),
        "Infinity": lambda good: json.dumps({**good, "exp": float("inf")}).encode(),
        "too large a float": lambda good: json.dumps(changed(good, "exp", MISSING)).encode()[:-1] + b', "exp": 1e999}',
        "too many digits": lambda good: json.dumps(good).encode()[:-1] + b', "x": ' + b"9" * 5000 + b"}",
        "deep": lambda good: json.dumps(good).encode()[:-1] + b', "x": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        "byte order mark": lambda good: b"\xef\xbb\xbf" + json.dumps(good).encode(),
        "utf-16": lambda good: json.dumps(good).encode("utf-16"),
        "not utf-8": lambda good: json.dumps({**good, "name": "x"}).encode().replace(b'"x"', b'"\xff"'),
        "half a surrogate": lambda good: json.dumps({**good, "name": "\ud800"}).encode(),
        "single quotes": lambda good: repr(good).encode(),
        "comment": lambda good: json.dumps(good).encode() + b"// admin",
    }
    for name, document in documents.items():
        yield (
            name,
            lambda issuer, good, document=document: sign_with(
                issuer.keys["key-RSA"], document(good), {"alg": "RS256", "kid": "key-RSA"}
            ),
        )


def foreign_keys() -> Named:
    for alg, kind in DEFAULTS.items():
        yield (
            f"{alg} by a stranger under our key id",
            lambda issuer, good, alg=alg, kind=kind: sign_with(
                new_key(kind, f"stranger-{kind}"), good, {"alg": alg, "kid": f"key-{kind}"}
            ),
        )
    stranger = "stranger-RSA"
    for name in ("jwk", "jku", "x5u"):
        yield (
            f"brought along as {name}",
            lambda issuer, good, name=name: sign_with(
                new_key("RSA", stranger), good, {"alg": "RS256", "kid": "key-RSA", name: brought(issuer, name)}
            ),
        )


def brought(issuer: FakeIssuer, name: str) -> Any:
    key = new_key("RSA", "stranger-RSA").as_dict(private=False)
    issuer.say("/stranger", {"keys": [key]})
    return key if name == "jwk" else f"{issuer.url}/stranger"


def unusable_published_keys() -> Named:
    secret = OctKey.import_key("0123456789abcdef0123456789abcdef", {"kid": "shared"})
    yield "symmetric", lambda issuer, good: published(issuer, good, secret.as_dict(private=True), secret, "HS256")
    for change in ({"use": "enc"}, {"use": 7}, {"key_ops": ["encrypt"]}, {"key_ops": "verify"}, {"alg": "RS512"}):
        yield (
            f"marked {change}",
            lambda issuer, good, change=change: published(
                issuer, good, {**bare(issuer.keys["key-RSA"]), **change}, issuer.keys["key-RSA"], "RS256"
            ),
        )
    yield (
        "private",
        lambda issuer, good: published(
            issuer,
            good,
            issuer.keys["key-RSA"].as_dict(private=True),
            issuer.keys["key-RSA"],
            "RS256",
        ),
    )
    yield "weak", lambda issuer, good: published(issuer, good, WEAK.as_dict(private=False), WEAK, "RS256")
    curve = generate_key("EC", "P-384", {"kid": "curve"})
    yield (
        "of another curve",
        lambda issuer, good: with_header(
            published(issuer, good, curve.as_dict(private=False), curve, "ES384"), {"alg": "ES256", "kid": "curve"}
        ),
    )


def bare(key: Any) -> dict[str, Any]:
    return {name: value for name, value in key.as_dict(private=False).items() if name != "use"}


def published(issuer: FakeIssuer, good: Claims, document: dict[str, Any], key: Any, alg: str) -> str:
    """Signed with a key that the issuer really publishes, beside good ones."""
    kid = document["kid"]
    others = [other.as_dict(private=False) for name, other in issuer.keys.items() if name != kid]
    issuer.publish_documents([document, *others])
    return sign_with(key, good, {"alg": alg, "kid": kid})


def weak_key() -> RSAKey:
    """1,024 bits. Made without the library, which warns about it, and warnings fail the suite."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    private = rsa.generate_private_key(65537, 1024)
    return RSAKey(private, private, {"kid": "weak"})


WEAK = weak_key()

"""Where keys are found. A key is shown to nobody: not in a repr, a message or a log."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from gatewayz.config.files import read_key_file, readable_by_others
from gatewayz.core.errors import ConfigError, UnsendableKey
from gatewayz.core.gateway import Gateway
from gatewayz.core.known_keys import SHORTEST_KEY

# A salt of our own keeps the fingerprint from being looked up in a table of known digests; slow
# hashing keeps a short key from being guessed out of it.
_SALT = b"gatewayz key fingerprint 1"
_NAMES_OF_SECRETS = re.compile(r"(_API_KEY|_KEY|_TOKEN|_SECRET|_PASSWORD)S?$")
# Header fields in which anybody may read who asks, and how: a title is words that answers hold, too.
_OPEN_FIELDS = re.compile(
    r"accept(-.*)?|content-.*|user-agent|(http-)?referer|origin|x(-.*)?-(title|categories)|.*-(beta|version)",
    re.IGNORECASE,
)
# What credentials are called in front of them. In Authorization that is any word (RFC 9110, 11.6.2), which
# the first of several keys is not.
_AUTHORIZATION = re.compile(r"(proxy-)?authorization", re.IGNORECASE)
_ANY_SCHEME = re.compile(r"^[^\s,;:=|\"'()<>\[\]{}]+:?\s+(\S.*)")
_SCHEME = re.compile(r"^(?:bearer|basic|token|digest|(?:api-?)?key)\s+(\S.*)", re.IGNORECASE)
# What fields, and members of a JSON object in one, are called that hold secrets, such as those of Portkey's configs.
# Short ones are a word of the name, or its end: a passenger, a passage and a design are none, nor is what only
# holds such a word in another: Portkey, a keyword, an author, a tokenizer.
_SECRET_NAME = re.compile(
    r"key(?!word|board)|token(?!i[sz]e)|auth(?!or(?!i[sz]))"
    r"|secret|passw|passphrase|passcode|pwd|credential|bearer|jwt|signature|cookie|session"
    r"|(?:^|[^a-z]|user|db|admin|root|proxy|smtp|ftp|sql|my|(?-i:(?<=[a-z])(?=P)))pass\d*$"
    r"|(?:^|[^a-z])(?:pw|sig|hmac|psk|creds)(?:[^a-z]|$)|(?:^|[^a-z])private$",
    re.IGNORECASE,
)
_PORTKEY = re.compile(r"(?<![a-z])portkey", re.IGNORECASE)
# Texts that stand among secrets, and are none: a model's id would be asterisks in every list.
_OPEN_NAME = re.compile(r"(?:.*_)?(?:models?|providers?|name|type|mode|strategy)", re.IGNORECASE)
# Between the parameters of a field or a cookie; between those of a URL.
_BORDERS = re.compile(r"[;,?&\s]+")
_OF_ADDRESS = re.compile(r"[?&;#]+")
# Behind a `=` that pads base64 (RFC 4648, 4) the text ends, or its side of a `:` does.
_NO_PADDING = r"(?![=:]|[\"')\]}>]*(?::|$))"
# Within a parameter.
_WITHIN = re.compile(rf":+|={_NO_PADDING}")
# What stands in front of a parameter's value. Where that is empty, words tell a name from padded base64.
_WORD = r"\d*(?:[A-Z]*[a-z]{2,}(?:[A-Z]+[a-z]{2,})*(?:I[dD])?|[A-Z]+)\d*"
_NAME = re.compile(rf"[^=]*={_NO_PADDING}|[-_.]*{_WORD}(?:[-_.]+{_WORD})*=$")
# What a text may stand in.
_AROUND = "\"'()<>[]{}"


@dataclass(frozen=True, slots=True)
class Key:
    """A key and where it was found; only `value` gives it away.

    `variable` is the name under which it was found, `exported` whether a shell has it by that name.
    """

    value: str = field(repr=False)
    origin: str
    variable: str = ""
    exported: bool = False

    @property
    def fingerprint(self) -> str:
        """Eight characters that tell two keys apart and say nothing else about either."""
        return _fingerprint(self.value)

    def __str__(self) -> str:
        return "***"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The keys this user has, found when asked for.

    `environ` is the real environment, `dotenv` what `.env` adds beneath it, `named_files` the key
    files of gatewayz.toml by the name that `Settings.configured` gives a gateway for them, `folder`
    what relative key files start from, `more` other secrets in use (a header's value, a proxy's
    password).
    """

    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    dotenv: Mapping[str, str] = field(default_factory=dict, repr=False)
    named_files: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path()
    more: tuple[str, ...] = field(default=(), repr=False)

    def find(self, gateway: Gateway) -> Key | None:
        """The gateway's key, or None.

        Looked for in the environment, in files that it names (`GROQ_API_KEY_FILE`), in the file
        that gatewayz.toml names, then in `.env`; in each the gateway's variables in order. An
        empty variable counts as none.
        Raises: ConfigError for a key that cannot be sent, or a key file that cannot be read.
        """
        return self._first(gateway.key_envs)

    def named(self, variable: str) -> Key | None:
        """The key held by one variable, wherever that is set."""
        return self._first((variable,))

    def files(self, gateway: Gateway) -> tuple[Path, ...]:
        """The key files that this gateway's key may come from."""
        named = [
            source[f"{variable}_FILE"]
            for source in (self.environ, self.dotenv)
            for variable in gateway.key_envs
            if source.get(f"{variable}_FILE")
        ]
        named += [self.named_files[v] for v in gateway.key_envs if v in self.named_files]
        return tuple(self._path(name) for name in named)

    def warnings(self, gateway: Gateway) -> tuple[str, ...]:
        """A line for each key file of this gateway that others may read."""
        return tuple(line for path in self.files(gateway) if (line := readable_by_others(path)))

    def secrets(self) -> tuple[str, ...]:
        """Every value that must be seen nowhere: variables named like keys, and key files."""
        found = list(self.more)
        paths = [self._path(name) for name in self.named_files.values()]
        for source in (self.environ, self.dotenv):
            for name, value in source.items():
                if value and _NAMES_OF_SECRETS.search(name):
                    found.append(value.strip())
                elif value and name.endswith("_FILE") and _NAMES_OF_SECRETS.search(name[:-5]):
                    paths.append(self._path(value))
        for path in paths:
            try:
                found.append(read_key_file(path, "").strip())
            except ConfigError:
                continue  # the key's own gateway says so when it is asked for
        return tuple(dict.fromkeys(value for value in found if value))

    def secrets_in(self, headers: Iterable[tuple[str, str]]) -> tuple[str, ...]:
        """What is secret in these header fields, of those that gatewayz.toml gives to gateways."""
        return tuple(s for s in secrets_in_headers(headers) if s in self.more)

    def _first(self, variables: tuple[str, ...]) -> Key | None:
        return (
            self._in(self.environ, variables, "environment ")
            or self._in_named_files(variables)
            or self._in(self.dotenv, variables, ".env ")
        )

    def _in(self, source: Mapping[str, str], variables: tuple[str, ...], place: str) -> Key | None:
        for variable in variables:
            if source.get(variable):
                return Key(
                    _sendable(source[variable], variable),
                    f"{place}{variable}",
                    variable,
                    exported=source is self.environ,
                )
        for variable in variables:
            file = source.get(f"{variable}_FILE")
            if file:
                return self._from_file(file, f"{place}{variable}_FILE", variable)
        return None

    def _in_named_files(self, variables: tuple[str, ...]) -> Key | None:
        for variable in variables:
            if variable in self.named_files:
                return self._from_file(self.named_files[variable], variable, variable)
        return None

    def _from_file(self, name: str, origin: str, variable: str) -> Key:
        path = self._path(name)
        return Key(_sendable(read_key_file(path, origin), f"{origin} ({path})"), origin, variable)

    def _path(self, name: str) -> Path:
        return self.folder / Path(name).expanduser()


@lru_cache(maxsize=64)  # a server asks before each request
def _sendable(value: str, where: str) -> str:
    """The key itself when it can stand in a header; the message never shows any of it."""
    if not value:
        raise ConfigError(f"{where}: the key is empty")
    if "\n" in value or "\r" in value:
        what = "there is a line end in the key"
    elif any(ch.isspace() for ch in value):
        what = "there is a blank in the key"
    elif not value.isascii() or not value.isprintable():
        what = "there is a character in the key that is not plain ASCII"
    else:
        return value
    raise UnsendableKey(
        f"{where}: {what} (auth-key-with-newline); copy it again, without quotes, blanks or line ends"
    )


def password_in(address: str) -> tuple[str, ...]:
    """The password in a URL, if any, as it stands there and as it is meant, to take out of texts."""
    try:
        password = urlsplit(address).password
    except ValueError:
        return ()
    return tuple({password, unquote(password)}) if password else ()


def secrets_in_headers(headers: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """What is secret in header fields, by their names and values.

    That is each value of 16 characters or more; what stands behind the scheme of such a value; and what is as
    long behind a `=` in one. Of an address it is the password, and what is as long in its parameters; of JSON
    what is as long under the name of a secret. Where the field itself has such a name, each part of it is one.
    """
    found: list[str] = []
    for name, given in headers:
        if _OPEN_FIELDS.fullmatch(name):
            continue
        scheme = _ANY_SCHEME if _AUTHORIZATION.fullmatch(name) else _SCHEME
        found += _secrets_of(given.strip(), scheme, named=_is_secrets(name))
    return tuple(dict.fromkeys(found))


def _secrets_of(value: str, scheme: re.Pattern[str], *, named: bool) -> Iterator[str]:
    if _is_address(value):
        yield from _secrets_of_address(value)
        return
    if (document := _json_in(value)) is not None:
        # Not all of it: where it comes back as an object, its signs are those of the answer.
        yield from _secrets_within(document, named=named)
        return
    bare = _bare(value)
    credentials = scheme.findall(bare)
    for whole in (bare, *map(_bare, credentials)):
        yield from _long(whole)
    for part in _BORDERS.split(credentials[0] if credentials else bare):
        _, sign, behind = part.partition("=")
        behind = behind.strip(_AROUND)
        address = next((one for one in (part.strip(_AROUND), behind) if _is_address(one)), "")
        if address:
            yield from _secrets_of_address(address)
            continue
        if sign:
            yield from _long(behind)
        if named:
            yield from _secrets_of_part(part)


def _secrets_of_part(part: str) -> Iterator[str]:
    """What is long of a part of a field with a secret's name: behind its own name each side of a `:` or `|`.

    All of it where no side is long. Padding may be left off where a secret comes back.
    """
    part = part.strip(_AROUND)
    found: list[str] = []
    for piece in (part, *part.split("|")):
        piece = piece.strip(_AROUND)
        value = piece[name.end() :] if (name := _NAME.match(piece)) else piece
        for side in (*_WITHIN.split(value), value.partition(":")[2]):
            side = side.strip(_AROUND)
            found += (*_long(side), *_long(side.rstrip("=")))
    yield from found or ([] if _NAME.match(part) else _long(part))


def _bare(text: str) -> str:
    """Without the signs that a text stands in."""
    return text.strip(_AROUND) if text[:1] in _AROUND else text


def _long(text: str) -> Iterator[str]:
    """What is long enough for a secret, as it stands there and as it is meant."""
    yield from (one for one in (text, unquote(text)) if len(one) >= SHORTEST_KEY)


def _secrets_of_address(address: str) -> Iterator[str]:
    yield from password_in(address)
    for part in _OF_ADDRESS.split(address)[1:]:
        yield from _long(part.partition("=")[2])


def _json_in(value: str) -> object:
    """The object or list that a value is as JSON; else None."""
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list) else None


def _is_secrets(name: str) -> bool:
    """Whether a field or a member that is called so holds secrets."""
    return _SECRET_NAME.search(_PORTKEY.sub("", name)) is not None


def _secrets_within(document: object, *, named: bool) -> Iterator[str]:
    """The secrets among the texts of a document, which stand under the name of one or are addresses."""
    left = [(named, document)]
    while left:
        named, here = left.pop()
        if isinstance(here, dict):
            left += [(_is_secrets(k) or (named and not _is_open(k, v)), v) for k, v in here.items()]
        elif isinstance(here, list):
            left += [(named, inner) for inner in here]
        elif isinstance(here, str) and _is_address(here):
            yield from _secrets_of_address(here)
        elif isinstance(here, str) and (inner := _json_in(here)) is not None:
            left.append((named, inner))
        elif isinstance(here, str) and named:
            yield from _secrets_of(here, _SCHEME, named=True)


def _is_open(name: str, value: object) -> bool:
    """Whether a member says who is asked for what: a text, or some, under such a name."""
    texts = value if isinstance(value, list) else [value]
    return all(isinstance(one, str) for one in texts) and _OPEN_NAME.fullmatch(name) is not None


def _is_address(value: str) -> bool:
    """Whether all of a value is a URL."""
    try:
        url = urlsplit(value)
    except ValueError:
        return False
    return bool(url.scheme and url.hostname) and not re.search(r"\s", value)


@lru_cache(maxsize=64)
def _fingerprint(value: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", value.encode(), _SALT, 20_000, 4).hex()

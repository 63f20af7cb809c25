"""Whom a load run goes to: names and URLs of the command line as targets that can be reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gatewayz.cli.bench_prices import Priced, Shelf, shelf_of
from gatewayz.cli.complaints import complain
from gatewayz.cli.habits import known_habits
from gatewayz.cli.lanes import choose, key_warnings, lanes
from gatewayz.cli.orders import no_key_in, prices_for
from gatewayz.cli.probe import endpoint_at
from gatewayz.config import Settings
from gatewayz.core import ConfigError, Habits, Model, StoreError, Whom
from gatewayz.core.load import Target
from gatewayz.load import Aim
from gatewayz.runner import Lane
from gatewayz.store import open_store

if TYPE_CHECKING:
    from gatewayz.core import Way
    from gatewayz.store import Store

_WRITE = "write GATEWAY/MODEL, or a URL with --model"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One word of the command line: a gateway or a URL, and the models there."""

    place: str
    models: tuple[str, ...]
    is_url: bool


def check_fit(given: Mapping[str, Any]) -> None:
    """Raises: ConfigError for an option that none of the targets can take."""
    words: Sequence[str] = given["targets"]
    if all(map(_is_url, words)):
        for option in ("api", "both", "via"):
            if given[option]:
                raise ConfigError(f"--{option} is for a gateway; a URL is called as it is")
    elif given["model"] and all(not _is_url(word) and _model_in(word) for word in words):
        raise ConfigError(
            f"--model {given['model'][0]}: every target names its model; leave one of the two out"
        )


def _is_url(word: str) -> bool:
    return word.lower().startswith(("http://", "https://"))


def _model_in(word: str) -> str:
    """The model that GATEWAY/MODEL names, "" where it is a gateway alone."""
    return word.partition("/")[2].strip()


def aims_for(
    words: Sequence[str], models: Sequence[str], key_env: str | None, settings: Settings
) -> tuple[tuple[Aim, ...], tuple[Priced, ...]]:
    """The targets in the order they were named, each once; on both ways the direct one first.

    Beside them what each costs, and who says so.

    Raises: ConfigError for a name nobody has, a missing model or key.
    """
    wanted = [_read(word, tuple(models)) for word in words]
    if key_env is not None and not any(one.is_url for one in wanted):
        raise ConfigError("--key-env is for a URL; a gateway's key has a variable of its own")
    known = _Known(settings)
    aims: list[tuple[Aim, Priced]] = []
    lanes_of = {one: _lanes_of(one, key_env, settings) for one in wanted}
    names = _names_of(
        lane.gateway.base_url for one in wanted if one.is_url for lane in lanes_of[one]
    )
    for one in wanted:
        for lane in lanes_of[one]:
            if one.is_url:
                lane = _called(lane, names[lane.gateway.base_url])
            for model_id in one.models:
                no_key_in(model_id, "the target's model", settings)
                aims.append(known.aim(lane, model_id, is_url=one.is_url))
    named = {aim.target.name: aim for aim, _ in aims}
    priced = {one.target: one for _, one in aims}
    return tuple(named.values()), tuple(priced[name] for name in named)


def _names_of(urls: Iterable[str]) -> dict[str, str]:
    """What each URL is called: by its host, and where that is not enough by all of it.

    Raises: ConfigError where even so two would be called the same.
    """
    parts = {url: urlsplit(url) for url in urls}
    at = Counter(one.netloc for one in parts.values())
    # A slash would be taken for the one before the model.
    names = {
        url: one.netloc
        if at[one.netloc] == 1
        else f"{one.scheme}~{one.netloc}{one.path}".replace("/", "~")
        for url, one in parts.items()
    }
    for url, name in names.items():
        other = next(each for each, called in names.items() if called == name)
        if other != url:
            raise ConfigError(f"{other} and {url} would go by one name; load them in two runs")
    return names


def _called(lane: Lane, name: str) -> Lane:
    return replace(lane, name=name, gateway=replace(lane.gateway, name=name))


def _read(word: str, models: tuple[str, ...]) -> _Wanted:
    if _is_url(word):
        if not any(model.strip() for model in models):
            raise ConfigError(f"{word}: which model? Name it with --model")
        return _Wanted(word, models, is_url=True)
    gateway, _, model = word.partition("/")
    if not gateway.strip():
        raise ConfigError(f"'{word}' names no gateway; {_WRITE}")
    found = (model,) if model.strip() else models
    if not found:
        raise ConfigError(
            f"'{word}' names no model; {_WRITE} (gatewayz models {gateway} lists them)"
        )
    return _Wanted(gateway, found, is_url=False)


def _lanes_of(wanted: _Wanted, key_env: str | None, settings: Settings) -> Sequence[Lane]:
    if wanted.is_url:
        gateway = endpoint_at(wanted.place, key_env, settings)
        return [Lane(name=gateway.name, way="direct", gateway=gateway)]
    chosen = choose(replace(settings, gateways=(wanted.place,)))
    found = lanes(chosen, settings)
    for line in (*chosen.problems, *key_warnings(found, settings)):
        complain(f"warning: {line}")
    for lane in found:
        if lane.skip:
            raise ConfigError(f"{lane.name}: {lane.skip}")
    return found


class _Known:
    """What earlier runs know of models: how they want to be asked, and what they cost."""

    def __init__(self, settings: Settings) -> None:
        self._habits: Mapping[Whom, Habits] = {}
        self._settings = settings
        self._shelves: dict[tuple[str, Way], Shelf] = {}
        self._store: Store | None = None
        self._prices = prices_for(settings, planning=True)
        try:
            self._store = open_store(settings.store)
            self._habits = known_habits(self._store)
        except StoreError as error:
            complain(f"gatewayz: {error}; prices and habits of models are not known")

    def aim(self, lane: Lane, model_id: str, *, is_url: bool) -> tuple[Aim, Priced]:
        """A target as it is reached, with all that is known of it, and who says what it costs."""
        whom = Whom(gateway=lane.name, way=lane.way, host=lane.gateway.host, model=model_id)
        habits = self._habits.get(whom, Habits())
        shelf = Shelf() if is_url else self._shelf(lane)
        listed = next((m for m in shelf.models if m.id == model_id), None)
        suffix = " (api)" if lane.way == "api" else ""
        name = f"{lane.name}/{model_id}{suffix}"
        read_on = shelf.read_at.date() if shelf.read_at is not None else None
        quote = self._prices.of(lane.gateway, listed or Model(id=model_id), read_on=read_on)
        by_api = " --api" if lane.way == "api" else ""
        remedy = "" if is_url else f"gatewayz models {lane.name}{by_api}"
        aim = Aim(
            target=Target(name=name, gateway=lane.name, model_id=model_id, way=lane.way),
            gateway=replace(lane.gateway, quirks=habits.quirks(lane.gateway.quirks)),
            price=quote.price,
            habits=habits,
            listed=listed,
        )
        return aim, Priced(target=name, quote=quote, read_at=shelf.read_at, remedy=remedy)

    def _shelf(self, lane: Lane) -> Shelf:
        place = (lane.name, lane.way)
        if place not in self._shelves:
            self._shelves[place] = shelf_of(lane, self._settings, self._store)
        return self._shelves[place]

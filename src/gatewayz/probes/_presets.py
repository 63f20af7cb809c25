"""Which probes are asked: names, presets and files of the user's own become Probe values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from gatewayz.core import ConfigError, Probe, UnknownName
from gatewayz.probes import PROBES
from gatewayz.probes._written import is_file, read_probe

# What each set is for, in the order in which they grow.
PRESETS = {
    "quick": "does it answer at all",
    "standard": "does it do what an application needs",
    "agents": "is it fit for agents: system messages, turns, stops and tools",
    "full": "every probe there is",
}


def preset(name: str) -> tuple[str, ...]:
    """The names of a preset's probes, in the order of a run.

    Raises: UnknownName.
    """
    if name not in PRESETS:
        raise UnknownName("preset", name, PRESETS)
    return tuple(p.name for p in in_order(PROBES.values()) if name in (*p.presets, "full"))


def chosen_probes(words: Sequence[str], folder: Path) -> tuple[Probe, ...]:
    """The probes that these words name, each once, in the order of a run.

    A word is the name of a probe or of a preset, or the path of a file that holds one, from
    `folder` on.
    Raises: UnknownName with the nearest one; ConfigError for a file that cannot be used, for two
    probes of one name, and for no word at all.
    """
    found: dict[str, Probe] = {}
    files: dict[str, str] = {}
    for word in words:
        if is_file(word):
            probe = read_probe(folder / Path(word).expanduser())
            _refuse_a_taken_name(probe.name, word, files)
            files[probe.name] = word
            found[probe.name] = probe
        elif word in PRESETS:
            found.update((name, PROBES[name]) for name in preset(word))
        elif word in PROBES:
            found[word] = PROBES[word]
        else:
            raise UnknownName("probe", word, [*PROBES, *PRESETS])
    if not found:
        raise ConfigError("--probe: it is empty; name a probe, such as chat")
    return in_order(found.values())


def in_order(probes: Iterable[Probe]) -> tuple[Probe, ...]:
    """Probes as a run reads: by rank, equal ones by name."""
    return tuple(sorted(probes, key=lambda probe: (probe.rank, probe.name)))


def _refuse_a_taken_name(name: str, word: str, files: dict[str, str]) -> None:
    if name in PROBES or name in PRESETS:
        raise ConfigError(f"{word}: name: '{name}' is a built-in; give the probe another name")
    if files.get(name, word) != word:
        raise ConfigError(f"{word}: name: '{name}' is that of {files[name]}, too; change one")

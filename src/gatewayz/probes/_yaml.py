"""YAML as users write it: no key twice, and mistakes told in words that say what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from gatewayz.core import ConfigError
from gatewayz.core.text import excerpt, visible

_SHOWN_CHARS = 120
# How a complaint of the YAML library begins, and what the reader has to do about it.
_PLAINLY = {
    "found character '\\t'": "a tab stands here; write blanks instead",
    "found character": "no text may begin so; put it in quotes",
    "mapping values are not allowed": "a second colon, or blanks before the key that do not fit; put a text with ': ' in it in quotes",
    "found unexpected end of stream": "a quote is never closed; close it",
    "but found another document": "a second document begins; keep one to a file",
    "could not determine a constructor": "a tag, which begins with !, means nothing here; put the text in quotes",
    "found undefined alias": "a word with * before it is a reference to nothing; put the text in quotes",
    "could not find expected ':'": "a key without its colon; write key: value",
    "expected <block end>": "the blanks before it do not fit the lines above; line them up",
}


class _Loader(yaml.SafeLoader):
    """The safe loader, strict about keys: of two equal ones it would silently drop the first."""

    def compose_mapping_node(self, anchor: Any) -> Any:
        node = super().compose_mapping_node(anchor)
        first: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            # "<<" is an order to merge another table in, and may come again.
            if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
                continue
            known = (key.tag, key.value)
            if known in first:
                raise _Twice(key.value, first[known], key.start_mark)
            first[known] = key.start_mark.line + 1
        return node


class _Twice(yaml.MarkedYAMLError):
    """A key stands twice in one table."""

    def __init__(self, key: str, first_line: int, mark: Any) -> None:
        problem = f"'{key}' stands in line {first_line} already; keep one of them"
        super().__init__(problem=problem, problem_mark=mark)


def read_yaml(path: Path, text: str) -> Any:
    """The data of a file's text.

    Raises: ConfigError, one line with the file, the place in it and what to do.
    """
    try:
        return _Loader(text).get_single_data()
    except yaml.MarkedYAMLError as error:
        raise ConfigError(f"{path}: {_place(error)}: {_told(error)}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        why = visible(excerpt(" ".join(str(error).split()), _SHOWN_CHARS))
        raise ConfigError(f"{path}: not YAML: {why}; mend it") from None


def _place(error: yaml.MarkedYAMLError) -> str:
    # A quote that is never closed is noticed at the end of the file; it is mended where it began.
    unclosed = "unexpected end of stream" in (error.problem or "")
    mark = error.context_mark if unclosed and error.context_mark else error.problem_mark
    return f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"


def _told(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "not YAML"
    if isinstance(error, _Twice):
        return visible(excerpt(problem, _SHOWN_CHARS))
    plainly = next((words for start, words in _PLAINLY.items() if problem.startswith(start)), "")
    said = visible(excerpt(" ".join(problem.split()), _SHOWN_CHARS))
    return plainly or f"{said}; mend the YAML there"

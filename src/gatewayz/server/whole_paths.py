"""Addresses that hold a model's id, whatever is in it: `{model:whole}` in a route."""

from __future__ import annotations

from starlette.convertors import Convertor, register_url_convertor


class _Whole(Convertor[str]):
    """All that follows, slashes and line ends as well: Starlette's own `path` ends at the first of these."""

    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


WHOLE = "whole"
register_url_convertor(WHOLE, _Whole())

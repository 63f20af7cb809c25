"""Images: the digits in a PNG, read from its pixels."""

from __future__ import annotations

import base64
import binascii
import re

from gatewayz.simulator.digits import digits_in
from gatewayz.simulator.models._asked import Ability, Asked
from gatewayz.simulator.png import NotAnImage, Picture, decode

_DIGITS = re.compile(r"\b(?:digits?|numbers?|code|text|read|characters?)\b", re.IGNORECASE)


def _answer(asked: Asked) -> str | None:
    if not asked.images:
        return None
    return " ".join(_seen(url, asked.text) for url in asked.images)


def _seen(url: str, question: str) -> str:
    try:
        picture = decode(_data(url))
    except NotAnImage as error:
        return f"I cannot see the image: {error}."
    read = digits_in(picture) if _DIGITS.search(question) else ""
    return read or _described(picture)


def _described(picture: Picture) -> str:
    shades = len({shade for row in picture.rows for shade in row})
    kind = "one even shade" if shades == 1 else f"{shades} shades"
    size = f"{picture.width} by {picture.height} pixels"
    return f"The image is {size} in {kind}; I see no digits in it."


def _data(url: str) -> bytes:
    head, comma, data = url.partition(",")
    if not head.startswith("data:image/") or not comma:
        raise NotAnImage("it is not in the request")
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise NotAnImage("its base64 is broken") from error


ABILITY = Ability(50, _answer)

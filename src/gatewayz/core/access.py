"""What a reader needs to repeat a call or to mend it, kept with the run; never a secret.

The front doors put one beside each gateway under `Run.settings["gateways"]` (and under
`Run.settings["gateways_through_api"]` for calls through the API), so that a report written from a
stored run, on another day and another machine, still shows a curl that works.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gatewayz.core.case import Case, Way
from gatewayz.core.codec import from_json
from gatewayz.core.gateway import Gateway
from gatewayz.core.run import Run
from gatewayz.core.text import MASK

# A header set by the user may hold a secret, whatever it was meant for.
_SECRET_HEADER = re.compile(r"auth|key|token|secret|cookie|password|credential", re.IGNORECASE)

_SECTIONS: Mapping[Way, str] = {"direct": "gateways", "api": "gateways_through_api"}
_KEY_ENVS: Mapping[Way, str] = {"direct": "GATEWAYZ_KEY", "api": "GATEWAYZ_API_KEY"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How one gateway was reached: its address, the names of its variables, how ids look there.

    `key_env` names the variable that holds the key; `headers` are the others that were sent,
    the values of those that may hold a secret masked. `via` is the service that it was reached by
    way of, "" where it was called itself. `proxy` and `ca_file` are what calls go
    through and trust beyond the system's own, "" where nothing is.

    `key_origin` says where the key stands when no shell has it by that name (a file).
    `catalog_key_header` is the header in which the model list wants the key by itself, "" where it
    wants it as every call does.
    """

    base_url: str = ""
    base_url_env: str = ""
    key_env: str = ""
    key_origin: str = ""
    auth_header: str = "Authorization"
    auth_scheme: str = "Bearer"
    catalog_key_header: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    id_form: str = ""
    id_examples: tuple[str, ...] = ()
    via: str = ""
    proxy: str = ""
    ca_file: str = ""


def access_to(gateway: Gateway) -> Access:
    """The Access of a gateway as it is configured now."""
    return Access(
        base_url=gateway.base_url,
        base_url_env=gateway.base_url_envs[0],
        key_env=gateway.key_env,
        auth_header=gateway.auth.header,
        auth_scheme=gateway.auth.scheme,
        catalog_key_header=gateway.catalog.key_header,
        headers={
            name: MASK if _SECRET_HEADER.search(name) else value
            for name, value in gateway.headers.items()
        },
        id_form=gateway.id_form,
        id_examples=gateway.id_examples,
        via=gateway.via,
    )


def access_in(run: Run, case: Case) -> Access:
    """The Access that a run kept for a case's gateway; a neutral one when it kept none."""
    return access_kept(run.settings, case.gateway, case.way)


def access_kept(settings: Mapping[str, Any], gateway: str, way: Way) -> Access:
    """The same of a gateway on one way, out of the settings alone, as runs of any kind keep them."""
    kept = settings.get(_SECTIONS[way])
    entry = kept.get(gateway) if isinstance(kept, Mapping) else None
    if isinstance(entry, Mapping):
        try:
            return from_json(Access, entry)
        except ValueError:
            pass  # settings are free-form: something else stands there
    return Access(key_env=_KEY_ENVS[way])


def section_for(way: Way) -> str:
    """The key of `Run.settings` under which the Access of this way's gateways is kept."""
    return _SECTIONS[way]

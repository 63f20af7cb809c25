"""Pages as they are made, in the thread that reads the store."""

from __future__ import annotations

from gatewayz.measure import summarize
from gatewayz.reports._matrix_frame import SCRIPT
from gatewayz.reports._page import policy
from gatewayz.reports.html import STYLE, render
from gatewayz.server.pages.badge import badge
from gatewayz.server.pages.detail import SPANS, Look, gateway_page, model_page
from gatewayz.server.pages.entrance import Viewer
from gatewayz.server.pages.figures import Figures
from gatewayz.server.pages.frame import Frame, Page, badge_link
from gatewayz.server.pages.overview import GatewayNow, ModelNow, Overview
from gatewayz.server.pages.promises import Promises
from gatewayz.server.pages.runs import PER_PAGE, runs_page
from gatewayz.server.pages.status import status_page
from gatewayz.store import Store


def seen_by(figures: Figures, store: Store, viewer: Viewer) -> Overview:
    """All that one may know of."""
    return figures.seen(store, viewer.allowance, viewer.sees)


def promised_to(found: Promises, viewer: Viewer) -> Promises:
    """The promises and the times of trouble that one may know of."""
    return found if viewer.sees_everything else found.where(viewer.sees_target)


def make_status(figures: Figures, store: Store, frame: Frame, viewer: Viewer) -> Page:
    """The status page."""
    seen, promises = seen_by(figures, store, viewer), promised_to(figures.promised, viewer)
    announced = figures.maintenance if viewer.sees_everything else ()  # it names others, too
    return status_page(frame, seen, promises, figures.now(), announced)


def make_detail(
    figures: Figures, store: Store, frame: Frame, viewer: Viewer, gateway: str, model: str, span: str
) -> Page | None:  # fmt: skip
    """The page of a model, or of a gateway with `model` ""; None where nothing is known of it."""
    seen = seen_by(figures, store, viewer)
    found = _gateway(seen, gateway)
    one = _model(found, model) if found and model else None
    if found is None or (model and one is None):
        return None
    _, days, step_s, _ = next(known for known in SPANS if known[0] == span)
    may_see = model or viewer.sees_all_of(gateway)
    steps, ups = figures.steps(store, gateway, model, days, step_s) if may_see else ((), ())
    look = Look(
        days=seen.days,
        steps=steps,
        ups=ups,
        span=span,
        promises=promised_to(figures.promised, viewer).of(gateway, model),
        now=figures.now(),
    )
    if one is None:
        return gateway_page(frame, found, look)
    return model_page(frame, one, look, badge_link(gateway, model))


def _gateway(seen: Overview, name: str) -> GatewayNow | None:
    return next((one for one in seen.gateways if one.name == name), None)


def _model(gateway: GatewayNow, name: str) -> ModelNow | None:
    return next((one for one in gateway.models if one.model == name), None)


def make_badge(
    figures: Figures, store: Store, viewer: Viewer, gateway: str, model: str
) -> bytes | None:
    """The badge of a model or of a gateway; None where nothing is known of it."""
    found = _gateway(seen_by(figures, store, viewer), gateway)
    if found is None:
        return None
    if not model:
        return badge(gateway, found.state, found.days)
    one = _model(found, model)
    return None if one is None else badge(f"{gateway}/{model}", one.state, one.days)


def make_runs(figures: Figures, store: Store, frame: Frame, offset: int) -> Page:
    """A page of the list of runs."""
    return runs_page(frame, store.runs(PER_PAGE + 1, offset), offset, figures.now())


def make_report(store: Store, run_id: str) -> Page:
    """A run's own report. Raises: UnknownName, ConfigError."""
    run = store.run(run_id)
    data = render(run, run.summary or summarize(run.verdicts), back="/status/runs")
    return Page(data, policy(STYLE, SCRIPT, served=True))

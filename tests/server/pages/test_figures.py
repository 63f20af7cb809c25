"""What pages read of a store."""

from contextlib import closing

from tests.watched import fill

from gatewayz.config import load_settings
from gatewayz.core.units import utc_now
from gatewayz.server.pages.figures import Figures
from gatewayz.store import open_store


def test_runs_that_nobody_has_summed_are_shown_a_moment_later(store_file, tmp_path):
    fill(store_file, summed=False)
    figures = Figures(load_settings(environ={}, folder=tmp_path), utc_now)

    with closing(open_store(store_file)) as store:
        before = store.summaries.uptime().models
        figures.promises(store)
        uptime, _ = figures.everything(store)

    assert before == {}
    assert {gateway for gateway, _ in uptime.models} == {"groq", "xai"}

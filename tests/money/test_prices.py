"""A price comes with its source and date; what nobody tells is unknown."""

import subprocess
import sys
from datetime import UTC, date, datetime, time
from types import SimpleNamespace

import pytest

from gatewayz.config.values import price as read_price
from gatewayz.core import ConfigError, Gateway, Model, Price
from gatewayz.money import PriceBook, Quote, package_prices, prices

GROQ = Gateway(name="groq", base_url="http://127.0.0.1:1/v1")
DAY = date(2026, 11, 20)


def says(price):
    return lambda _gateway, _model: Quote(price, "genai-prices 9", DAY)


def test_the_gateway_s_own_list_goes_first_then_the_user_s_word_then_the_package():
    listed, unlisted = Model(id="m", price=Price(1.0, 2.0)), Model(id="m")
    book = PriceBook({"groq": Price(3.0, 4.0)}, package=says(Price(5.0, 6.0)))

    assert book.of(GROQ, listed, read_on=DAY) == Quote(Price(1.0, 2.0), "catalogue", DAY)
    assert book.of(GROQ, unlisted) == Quote(Price(3.0, 4.0), "gatewayz.toml")
    elsewhere = book.of(Gateway(name="acme"), unlisted)
    assert elsewhere == Quote(Price(5.0, 6.0), "genai-prices 9", DAY)


def test_half_a_price_is_none():
    assert not PriceBook().of(GROQ, Model(id="m", price=Price(1.0, None))).known


def test_what_nobody_tells_is_unknown_and_not_zero():
    quote = PriceBook(package=lambda *_: None).of(GROQ, Model(id="m"))

    assert (quote.known, quote.price, quote.source) == (False, Price(), "")


def test_the_package_knows_a_provider_by_its_name_and_by_its_address():
    pytest.importorskip("genai_prices")
    look_up = package_prices()
    model = Model(id="llama-3.3-70b-versatile")
    by_name = look_up(GROQ, model)
    by_address = look_up(Gateway(name="x", base_url="https://api.groq.com/openai/v1"), model)

    assert by_name == by_address
    assert by_name.source.startswith("genai-prices ")
    assert by_name.as_of > date(2026, 1, 1)
    assert 0 < by_name.price.input_usd_per_mtok < 10


def test_the_package_guesses_at_no_name():
    pytest.importorskip("genai_prices")
    look_up = package_prices()

    assert (
        look_up(Gateway(name="my-google-proxy", base_url="http://x.invalid"), Model(id="m")) is None
    )
    assert look_up(GROQ, Model(id="nobody/has-this-model-at-all")) is None


def test_of_tiers_the_dearest_bounds():
    pytest.importorskip("genai_prices")
    gemini = package_prices()(Gateway(name="google"), Model(id="gemini-2.5-pro"))

    # $1.25 up to 200,000 tokens of input, and $2.50 beyond.
    assert gemini.price == Price(2.5, 15.0, cached_usd_per_mtok=0.25, is_most=True)


DEEPSEEK = Gateway(name="deepseek", base_url="https://api.deepseek.com/v1")


@pytest.mark.parametrize("hour", [0, 2, 5, 8, 12, 20])
def test_a_price_that_hangs_on_the_hour_is_the_dearest_at_every_hour(monkeypatch, hour):
    pytest.importorskip("genai_prices")
    moment = datetime(2026, 11, 27, hour, tzinfo=UTC)
    monkeypatch.setattr(prices, "utc_now", lambda: moment)
    found = prices.package_prices()(DEEPSEEK, Model(id="deepseek-v4-pro"))

    assert found.price == Price(1.32, 3.96, cached_usd_per_mtok=0.044, is_most=True)


def test_of_prices_that_follow_one_another_the_day_s_own_counts_and_not_those_before_or_after():
    def at(usd, constraint=None):
        sides = SimpleNamespace(input_mtok=usd, output_mtok=usd)
        return SimpleNamespace(constraint=constraint, prices=sides)

    def from_day(day):
        return SimpleNamespace(start_date=date(2026, 11, day))

    def on(day, listed):
        found = prices._prices_on(listed, date(2026, 11, day))
        return sorted(one.input_mtok for one in found)

    night = SimpleNamespace(start_time=0, end_time=8)
    listed = [at(9), at(8, night), at(5, from_day(10)), at(3, night), at(7, from_day(20))]

    assert on(5, listed) == [3, 8, 9]
    assert on(10, listed) == [3, 5]
    assert on(20, listed) == [7]
    assert on(1, [at(4, night), at(2, from_day(9))]) == [4, 4]


def test_a_book_asks_its_package_anew_on_another_day(monkeypatch):
    days = iter((date(2026, 11, 1), date(2026, 11, 1), date(2026, 11, 2)))
    monkeypatch.setattr(prices, "utc_now", lambda: datetime.combine(next(days), time()))
    asked = []
    book = PriceBook(package=lambda *one: asked.append(one))
    for _ in range(3):
        book.of(GROQ, Model(id="m"))

    assert len(asked) == 2


def test_without_the_package_there_is_no_lookup_and_no_error():
    program = (
        "import sys; sys.modules['genai_prices'] = None\n"
        "from gatewayz.money import package_prices\n"
        "print(package_prices())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False,
        env={"PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip

    assert done.stdout.strip() == "None", done.stderr


def test_the_package_is_not_loaded_by_loading_the_room():
    program = "import sys, gatewayz.money; print('genai_prices' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False,
        env={"PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip

    assert done.stdout.strip() == "False", done.stderr


def test_a_user_may_tell_a_fee_and_both_sides_are_needed_all_the_same():
    given = {"input": 1, "output": 2}

    assert read_price({**given, "request": 0.01}, "here") == Price(1.0, 2.0, request_usd=0.01)
    assert read_price(given, "here") == Price(1.0, 2.0)
    cached = read_price({**given, "cached_input": 0.1}, "here")
    assert cached == Price(1.0, 2.0, cached_usd_per_mtok=0.1)
    no_cached = ({**given, "cached_input": wrong} for wrong in (-1, 1.5, "a"))
    for wrong in ({"request": 0.01}, {**given, "request": -1}, {**given, "fee": 1}, *no_cached):
        with pytest.raises(ConfigError):
            read_price(wrong, "here")


def test_a_charge_that_cannot_be_reckoned_is_not_made_good_by_another_list():
    odd = Model(id="m", price=Price(1.0, 2.0, unreckoned="hourly is charged as well"))
    gateway = Gateway(name="g")
    package = PriceBook(package=lambda _gateway, _model: Quote(Price(3.0, 4.0), "package"))
    own = PriceBook(given={"g": Price(5.0, 6.0)})

    assert not package.of(gateway, odd).known
    assert own.of(gateway, odd).price == Price(5.0, 6.0)

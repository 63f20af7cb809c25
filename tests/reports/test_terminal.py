"""The printout: the original's form to the byte, safe on a terminal, good at 80 columns."""

import io
import re
from dataclasses import replace

import pytest

from gatewayz.core import (
    Case,
    Counts,
    Difference,
    Finding,
    Gateway,
    GatewaySummary,
    Observation,
    Outcome,
    SharedFailure,
    Summary,
    Usage,
    Verdict,
)
from gatewayz.core.failures import failure
from gatewayz.core.text import display_width
from gatewayz.reports import REPORTS
from gatewayz.reports.terminal import Terminal

# The sample of the original framework, with portkey tagged by its own rule.
SAMPLE = """\
==============================================================================
Testing Gateway: OPENROUTER
==============================================================================
Fetching models from openrouter...
Testing 3 models

[1/3] OpenAI: GPT-4                       ... [OK] (2.45s)
[2/3] Anthropic: Claude 3 Sonnet          ... [OK] (1.89s)
[3/3] Meta: Llama 3 70B Chat              ... [OK] (3.12s)

==============================================================================
TEST SUMMARY
==============================================================================

[OK] openrouter      :  3/ 3 passed (100.0%)
[WARN] portkey       :  2/ 3 passed ( 66.7%)
[WARN] featherless   :  1/ 3 passed ( 33.3%)
[FAIL] fireworks     :  0/ 3 passed (  0.0%)

TOTAL: 6/12 models passed (50.0%)
==============================================================================
"""


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


def plain(**options):
    out = io.StringIO()
    return out, Terminal(out, environ={}, **options)


def line(gateway, passed=0, failed=0, *, way="direct", reason="", **more):
    counts = Counts(passed=passed, failed=failed, **more)
    return GatewaySummary(gateway=gateway, way=way, counts=counts, reason=reason)


def printed_summary(*lines, **options):
    total = Counts(
        **{
            name: sum(getattr(each.counts, name) for each in lines)
            for name in ("passed", "failed", "unknown", "skipped")
        }
    )
    out, terminal = plain(**options)
    terminal.summary(Summary(gateways=lines, total=total))
    return out.getvalue()


def test_the_printout_is_the_originals_sample_to_the_byte(make):
    out, terminal = plain()
    names = (("OpenAI: GPT-4", 2.45), ("Anthropic: Claude 3 Sonnet", 1.89), ("Meta: Llama 3 70B Chat", 3.12))  # fmt: skip
    verdicts = [make.verdict(name, seconds=s, gateway="openrouter") for name, s in names]
    lines = (line("openrouter", 3), line("portkey", 2, 1), line("featherless", 1, 2), line("fireworks", 0, 3))  # fmt: skip

    terminal.gateway_block("openrouter", chosen=3, verdicts=verdicts)
    terminal.summary(Summary(gateways=lines, total=Counts(passed=6, failed=6)))

    assert out.getvalue() == SAMPLE


def block(*verdicts, access=None, **options):
    out, terminal = plain(**options)
    terminal.gateway_block("groq", chosen=len(verdicts), verdicts=verdicts, access=access)
    return out.getvalue()


def test_a_failure_is_followed_by_its_reason_cause_and_remedy(make):
    gateway = Gateway(name="groq", key_env="GROQ_API_KEY")
    text = block(
        make.verdict("m", Outcome.FAILED, 0.5, kind="auth-bad-key", evidence="bad key", status=401),
        access=gateway,
    )

    assert (
        """\
[1/1] m                                   ... [FAIL] (0.50s)
      HTTP 401 auth-bad-key: bad key
      points at: the key
      cause: The key was refused: wrong, revoked, or for another service.
      remedy: Check GROQ_API_KEY: set it again without blanks or quotes, or
        make a new key at the provider.
"""
        in text
    )


def test_a_wrong_id_shows_the_gateways_id_form_with_examples(make):
    gateway = Gateway(
        name="groq", id_form="Ids are maker/model.", id_examples=("meta/llama-3", "qwen/q2")
    )
    text = block(
        make.verdict("m", Outcome.FAILED, kind="model-not-found", status=404), access=gateway
    )

    told = " ".join(text.split())
    assert "groq`. Ids are maker/model, for example meta/llama-3, qwen/q2." in told


def test_an_unknown_and_a_skipped_case_say_why(make):
    text = block(
        make.verdict("m", Outcome.UNKNOWN, reason="a check failed with ValueError\nTraceback ..."),
        make.verdict("n", Outcome.SKIPPED, reason="no vision"),
    )

    assert "... [UNKNOWN] (2.45s)\n      a check failed with ValueError\n[2/2]" in text
    assert "... [SKIP] (2.45s)\n      no vision\n" in text


def test_a_pass_with_a_warning_stays_ok_with_a_line_below(make):
    finding = Finding(kind="", failure_class="semantic", saw="an odd space", warning=True)
    text = block(make.verdict("m", warnings=(finding,)))

    assert "... [OK] (2.45s)\n      warning: semantic: an odd space\n" in text


def test_a_catalogue_that_cannot_be_read_is_told_in_the_block():
    out, terminal = plain()
    problem = Verdict(
        observation=Observation(case=Case(gateway="groq", probe="catalogue")),
        outcome=Outcome.FAILED,
        failure=failure("connection-refused", "connection refused"),
    )
    terminal.gateway_block(
        "groq", problem=problem, access=Gateway(name="groq", base_url="http://127.0.0.1:9/v1")
    )

    text = out.getvalue()
    assert "Fetching models from groq...\n[FAIL] connection-refused: connection refused\n" in text
    assert "http://127.0.0.1:9/v1" in text


def test_a_gateway_that_is_skipped_fetches_nothing(make):
    out, terminal = plain()
    terminal.gateway_block("xai", problem=make.skipped("xai", "no key found; set XAI_API_KEY"))

    assert "Fetching" not in out.getvalue()
    assert "[SKIP] no key found; set XAI_API_KEY\n" in out.getvalue()


def test_both_ways_are_told_apart_and_differences_are_listed(make):
    out, terminal = plain()
    verdict = make.verdict("m", way="api")
    terminal.gateway_block("groq", way="api", both=True, chosen=1, verdicts=[verdict])
    difference = Difference(
        gateway="groq", model="m", probe="chat", direct="passed", api="failed",
        points_at="the backend",
    )  # fmt: skip
    lines = (line("groq", 1), line("groq", 0, 1, way="api"))
    terminal.summary(
        Summary(
            gateways=lines,
            total=Counts(passed=1, failed=1),
            differences=(difference,),
            failing_both_ways=(SharedFailure(gateway="xai", failure="overloaded", cases=3),),
        )
    )

    text = out.getvalue()
    assert "Testing Gateway: GROQ (through the API)\n" in text
    assert "[FAIL] groq (api)    :  0/ 1 passed (  0.0%)\n" in text
    assert "  groq / m / chat: direct passed, API failed; points at the backend\n" in text
    assert "both ways alike, so the backend is not to blame:\n  xai: overloaded (3)\n" in text


def named(verdict, name):
    """The verdict with a model that its catalogue calls something else."""
    seen = verdict.observation
    case = replace(seen.case, model=replace(seen.case.model, name=name))
    return replace(verdict, observation=replace(seen, case=case))


def test_the_line_of_a_model_tells_its_id_where_that_is_not_its_name(make):
    verdicts = [
        named(make.verdict("llama-3", probe=p), "Llama 3\x1b[1m") for p in ("chat", "usage")
    ]

    assert "Model: Llama 3\\x1b[1m (llama-3)\n" in block(*verdicts)


def test_with_several_probes_a_models_name_stands_above_its_questions(make):
    text = block(
        make.verdict("a" * 90),
        make.verdict("a" * 90, probe="streaming"),
        make.verdict("b", probe="streaming", repeat=1),
    )

    _, _, told = text.partition("models\n\n")
    assert told.split("\n")[:7] == [
        "Model: " + "a" * 71,
        "       " + "a" * 19,
        "[1/3] chat         ... [OK] (2.45s)",
        "[2/3] streaming    ... [OK] (2.45s)",
        "",
        "Model: b",
        "[3/3] streaming #2 ... [OK] (2.45s)",
    ]


def test_a_probe_of_the_users_with_a_long_name_keeps_to_the_line(make):
    text = block(make.verdict(), make.verdict(probe="p" * 99))

    lines = [each for each in text.split("\n") if each.startswith("[")]
    assert "ppp…... [OK]" in lines[1]
    assert len(lines[0]) == len(lines[1]) <= 78


def test_repeats_of_one_probe_stand_behind_the_models_name(make):
    text = block(make.verdict("a" * 50), make.verdict("a" * 50, repeat=1))

    lines = [each for each in text.split("\n") if each.startswith("[")]
    assert "a… (#2)... [OK]" in lines[1]
    assert {each.index("... [OK]") for each in lines} == {42}
    assert "Model:" not in text


def test_letters_are_explained_below_each_matrix_and_signs_once_in_a_run(make):
    out, terminal = plain()
    probes = [f"a_probe_of_a_name_{n}" for n in range(25)]
    verdicts = [make.verdict(probe=probe) for probe in probes]
    failed = make.verdict("b", Outcome.FAILED, probe=probes[0], kind="overloaded")
    terminal.gateway_block("groq", chosen=1, verdicts=verdicts)
    terminal.gateway_block("xai", chosen=2, verdicts=[*verdicts, failed])
    terminal.gateway_block("own", chosen=1, verdicts=[*verdicts, make.verdict(probe="another")])

    rule = "=" * 78
    blocks = out.getvalue().split("Testing Gateway:")[1:]
    first, second, third = (each.rstrip().removesuffix(rule).rstrip() for each in blocks)
    assert "  a a_probe_of_a_name_0" in first
    assert first.endswith("  ✓ works")
    assert second.endswith("\n  ✗ fails")
    assert "  a a_probe_of_a_name_0" in second
    assert "  z another" in third


def test_the_columns_hold_with_many_models_and_wide_characters(make):
    text = block(*(make.verdict(f"模型{n}" * (n + 1)) for n in range(12)))

    lines = [each for each in text.split("\n") if each.startswith("[")]
    assert {display_width(each.split("... [OK]")[0]) for each in lines} == {44}


def test_skipped_and_unknown_stand_beside_the_total_and_out_of_it():
    text = printed_summary(
        line("openrouter", 6, 6, skipped=1, unknown=1),
        line("xai", skipped=1, reason="no key found; set XAI_API_KEY"),
        line("local", unknown=2, reason="nothing was sent"),
    )

    assert "[WARN] openrouter    :  6/12 passed ( 50.0%), 1 skipped, 1 unknown\n" in text
    assert "[SKIP] xai           : no key found; set XAI_API_KEY\n" in text
    assert "[UNKNOWN] local      : nothing was sent\n" in text
    assert "TOTAL: 6/12 models passed (50.0%), 2 skipped, 3 unknown\n" in text


def test_a_rate_over_nothing_is_never_a_full_success():
    text = printed_summary(line("xai", skipped=3))

    assert "TOTAL: 0/0 models passed (n/a), 3 skipped\n" in text
    assert "100" not in text


def test_quiet_prints_the_summary_only(make):
    out, terminal = plain(quiet=True)
    terminal.gateway_block("groq", chosen=1, verdicts=[make.verdict()])
    terminal.note("a remark")
    terminal.summary(Summary(gateways=(line("groq", 1),), total=Counts(passed=1)))

    assert out.getvalue().startswith("=" * 78 + "\nTEST SUMMARY\n")


def test_warnings_are_counted_in_the_summary_and_so_when_quiet():
    out, terminal = plain(quiet=True)
    counts = Counts(passed=3, warned=2, warned_lists=1)
    of_groq = GatewaySummary(gateway="groq", way="direct", counts=counts)
    terminal.summary(Summary(gateways=(of_groq,), total=counts))

    told = "3/ 3 passed (100.0%), 2 with a warning,\n" + " " * 23 + "1 model list with a warning\n"
    assert f"[OK] groq            :  {told}" in out.getvalue()
    total = "TOTAL: 3/3 models passed (100.0%), 2 with a warning, 1 model list with a warning"
    assert total in " ".join(out.getvalue().split())


def test_a_long_summary_goes_on_below_between_two_numbers():
    counts = Counts(
        passed=1234, failed=5678, unknown=1234, skipped=1234, warned=1111, retried=1000,
        stopped=1234, failed_lists=12, unknown_lists=12, warned_lists=12, skipped_gateways=12,
    )  # fmt: skip
    lines = tuple(
        GatewaySummary(gateway=name, way="direct", counts=each, reason="" if each.judged else why)
        for name in ("g", "g" * 60)
        for each in (counts, Counts(unknown=1))
        for why in ("a sentence of words " * 9,)
    )
    out, terminal = plain()
    terminal.summary(
        Summary(gateways=lines, total=counts),
        unit="tests",
        via={(name, "direct"): "Portkey" for name in ("g", "g" * 60)},
    )

    printed = out.getvalue().split("\n")
    at = next(n for n, each in enumerate(printed) if each.startswith("TOTAL: "))
    assert max(map(display_width, printed)) <= 78
    assert printed[at : at + 2] == [
        "TOTAL: 1234/6912 tests passed (17.9%) (234 at the first try),",
        "  1111 with a warning, 1234 skipped, 1234 unknown, 1234 stopped,",
    ]
    assert out.getvalue().count("by way of Portkey") == 4


def test_a_gateway_is_called_up_with_what_it_is_reached_by_way_of(make):
    out, terminal = plain()
    access = Gateway(name="novita", via="Portkey")
    terminal.gateway_block("novita", both=True, verdicts=[make.verdict()], access=access)

    assert "Testing Gateway: NOVITA, by way of Portkey (direct)\n" in out.getvalue()


def test_verbose_adds_timings_and_usage(make):
    text = block(make.verdict(probe="streaming"), verbose=True)

    told = " ".join(text.split())
    assert "first token 0.25s, whole answer 2.45s, 9 tokens in, 3 out" in told
    assert "served as llama-3-turbo" in told


@pytest.mark.parametrize(
    ("chunks", "tokens", "share", "told"),
    [
        ((0.5, 0.6, 0.7, 1.7), 4, None, "2.5 tokens/s, longest stall 1.00s"),
        ((0.5, 0.6, 0.7, 1.7), 1600, 0.25, "about 1000 tokens/s, longest stall 1.00s"),
        ((0.5, 0.6, 0.7, 1.7), None, None, "longest stall 1.00s"),
        ((0.5,), 9, None, ""),
    ],
)
def test_verbose_says_how_a_stream_flowed_as_far_as_that_can_be_told(
    make, chunks, tokens, share, told
):
    plain = make.verdict(probe="streaming")
    (attempt,) = plain.observation.attempts
    timing = replace(
        attempt.timing, first_token_s=chunks[0], last_content_s=chunks[-1], chunks_s=chunks,
        chunk_count=len(chunks),
    )  # fmt: skip
    reply = replace(
        attempt.reply, text="word " * 400, usage=Usage(output_tokens=tokens), first_chunk_share=share
    )  # fmt: skip
    seen = replace(plain.observation, attempts=(replace(attempt, timing=timing, reply=reply),))

    words = " ".join(block(replace(plain, observation=seen), verbose=True).split())

    assert told in words
    for absent in {"tokens/s", "longest stall"} - set(re.findall("tokens/s|longest stall", told)):
        assert absent not in words


@pytest.fixture
def hostile_printout(make, hostile):
    verdicts = [
        make.verdict(hostile, Outcome.FAILED, kind="model-not-found", evidence=hostile * 9),
        make.verdict("w", warnings=(Finding(saw="界" * 300, warning=True),)),
        make.verdict("u", Outcome.UNKNOWN, reason=hostile),
    ]

    def printed(out):
        terminal = Terminal(out, environ={}, verbose=True, live=False)
        terminal.gateway_block(hostile, chosen=3, verdicts=verdicts)
        terminal.line(hostile)
        terminal.note(hostile)
        terminal.summary(Summary(gateways=(line(hostile, 1), line("x", unknown=1, reason=hostile))))
        return out.getvalue()

    return printed


def test_hostile_names_reach_no_terminal(hostile_printout):
    text = hostile_printout(io.StringIO())

    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e\ud800]", text)


def test_colours_are_the_only_escapes_on_a_terminal(hostile_printout):
    text = hostile_printout(Screen())

    assert "\x1b[32m[OK]\x1b[0m" in text
    assert "\x1b" not in re.sub(r"\x1b\[(3\d|0)m", "", text)


def test_lines_of_long_text_stay_within_80_columns(make, hostile):
    text = block(
        make.verdict("m", Outcome.FAILED, kind="model-not-found", evidence="x" * 900),
        make.verdict("界" * 90, warnings=(Finding(saw="界" * 300, warning=True),)),
        make.verdict("o", Outcome.UNKNOWN, reason="a sentence of words " * 30),
    )

    assert max(map(display_width, text.split("\n"))) <= 78


@pytest.mark.parametrize(
    ("environ", "options", "colored"),
    [
        ({}, {}, True),
        ({"NO_COLOR": "1"}, {}, False),
        ({"TERM": "dumb"}, {}, False),
        ({}, {"color": False}, False),
    ],
)
def test_colours_can_be_refused(make, environ, options, colored):
    out = Screen()
    terminal = Terminal(out, environ=environ, live=False, **options)
    terminal.gateway_block("groq", chosen=1, verdicts=[make.verdict()])

    assert ("\x1b" in out.getvalue()) is colored


def test_a_pipe_gets_no_escape_and_no_progress(make):
    out, terminal = plain()
    terminal.progress(1, 9, eta_s=4.0, running=["groq"])
    terminal.gateway_block("groq", chosen=1, verdicts=[make.verdict()])
    terminal.end_progress()

    assert "\x1b" not in out.getvalue()
    assert "1/9" not in out.getvalue()


def test_progress_on_a_terminal_shows_done_running_and_the_time_left(make):
    out = Screen()
    terminal = Terminal(out, environ={}, color=False)
    terminal.progress(3, 12, eta_s=75.0, running=["groq\x1b[2J", "xai"])
    terminal.gateway_block("groq", chosen=1, verdicts=[make.verdict()])
    terminal.progress(12, 12)
    terminal.end_progress()

    text = out.getvalue()
    assert "3/12 done, about 1m15s left  groq\\x1b[2J, xai" in text
    assert "\x1b[2J" not in text
    assert text.rstrip().endswith("\x1b[?25h") or text.rindex("\x1b[?25h") > text.rindex("12/12")


def test_a_block_is_printed_whole_above_the_status_line(make):
    out = Screen()
    terminal = Terminal(out, environ={}, color=False)
    terminal.progress(0, 3)
    terminal.gateway_block("groq", chosen=2, verdicts=[make.verdict("a"), make.verdict("b")])
    terminal.end_progress()

    expected = block(make.verdict("a"), make.verdict("b"))
    assert expected in out.getvalue()


def test_a_terminal_that_is_not_utf_8_gets_escapes_for_what_it_cannot_show(make):
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    Terminal(out, environ={}).gateway_block("groq", chosen=1, verdicts=[make.verdict("é" * 50)])

    assert b"\\xe9" in raw.getvalue()


def test_the_file_form_is_the_printout(make):
    names = (("OpenAI: GPT-4", 2.45), ("Anthropic: Claude 3 Sonnet", 1.89), ("Meta: Llama 3 70B Chat", 3.12))  # fmt: skip
    verdicts = [make.verdict(name, seconds=s, gateway="openrouter") for name, s in names]
    lines = (line("openrouter", 3), line("portkey", 2, 1), line("featherless", 1, 2), line("fireworks", 0, 3))  # fmt: skip
    summary = Summary(gateways=lines, total=Counts(passed=6, failed=6))

    assert REPORTS["terminal"].render(make.run(*verdicts), summary).decode() == SAMPLE

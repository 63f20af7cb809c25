"""Reports are whole or not there, and a path that cannot be written is found before the run."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from gatewayz.core import ConfigError, ReportError
from gatewayz.reports import check_writable, write_report

SRC = Path(__file__).parents[2] / "src"


@pytest.fixture(params=["missing folder", "a folder", "through a file", "a loop", "a proc file", "NUL"])  # fmt: skip
def bad_path(request, tmp_path):
    if request.param == "a folder":
        return tmp_path
    if request.param == "through a file":
        (tmp_path / "file").write_text("x")
        return tmp_path / "file" / "report.json"
    if request.param == "a loop":
        (tmp_path / "a").symlink_to(tmp_path / "b")
        (tmp_path / "b").symlink_to(tmp_path / "a")
        return tmp_path / "a"
    if request.param == "a proc file":
        return Path("/proc/self/report.json")
    if request.param == "NUL":
        return f"{tmp_path}/a\x00b"
    return tmp_path / "missing" / "report.json"


def test_a_path_that_cannot_be_written_is_found_before_the_run(bad_path):
    with pytest.raises(ConfigError) as told:
        check_writable(bad_path)

    assert "\n" not in str(told.value)
    assert "\x00" not in str(told.value)
    assert str(told.value).startswith("the report ")


def test_a_report_that_cannot_be_written_after_all_is_one_line(bad_path):
    with pytest.raises(ReportError, match="was not written") as told:
        write_report(bad_path, b"x")

    assert "\n" not in str(told.value)


def test_looking_leaves_nothing_behind(tmp_path):
    check_writable(tmp_path / "report.json")

    assert list(tmp_path.iterdir()) == []


def test_a_link_to_a_file_that_is_not_there_yet_is_fine(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "report.json")
    check_writable(tmp_path / "link")
    write_report(tmp_path / "link", b"new")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "report.json").read_bytes() == b"new"


def test_a_report_replaces_the_one_before_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "report.json"
    write_report(path, b"old")
    path.chmod(0o640)
    write_report(path, b"new")

    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_report_has_the_rights_that_the_user_gives_new_files(tmp_path):
    old = os.umask(0o027)
    try:
        write_report(tmp_path / "report.json", b"x")
    finally:
        os.umask(old)

    assert stat.S_IMODE((tmp_path / "report.json").stat().st_mode) == 0o640


def test_when_the_disk_ends_the_older_report_stays(tmp_path):
    path = tmp_path / "report.json"
    path.write_bytes(b"old")
    code = (
        "import resource, sys\n"
        "from gatewayz.reports import write_report\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: write_report(sys.argv[1], b'x' * 5000)\n"
        "except Exception as told: print(type(told).__name__, told)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, path],
        env={**os.environ, "PYTHONPATH": str(SRC)}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout.startswith("ReportError the report ")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_device_is_written_to_and_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    check_writable(pipe)
    write_report(pipe, b"through")

    assert os.read(reader, 100) == b"through"
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    os.close(reader)


def test_standard_output_may_be_named(tmp_path):
    code = "from gatewayz.reports import check_writable as c, write_report as w; c('/dev/stdout'); w('/dev/stdout', b'x')"
    with (tmp_path / "out").open("wb") as out:
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": str(SRC)},
            stdout=out,
            check=True,
        )

    assert (tmp_path / "out").read_bytes() == b"x"
    with pytest.raises(ReportError, match="No space left"):
        write_report("/dev/full", b"x")

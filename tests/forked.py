"""`gatewayz` in a process of its own that need not import anything: a fork of one that has.

One process for each test session imports the package and then forks for whoever asks, over a Unix
socket: arguments, folder and environment come as JSON, with the two files for the output. A start
takes milliseconds, where a new Python with all its imports takes half a second of CPU.

What a fork cannot show, such as what is imported when or how the encoding is chosen, asks for a
Python of its own.
"""

import atexit
import gc
import importlib
import io
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading

# What a command may need in the end, whichever it is.
ROOMS = (
    "core", "config", "gateways", "probes", "checks", "client", "measure", "money", "runner",
    "store", "reports", "load", "watch", "simulator", "server", "cli",
)  # fmt: skip
# What commands import when they come to it, and nearly all that have a store or a price do.
LATE = (
    "encodings.idna",
    "genai_prices.data",
    "genai_prices.data_snapshot",
    "sqlalchemy.dialects.sqlite",
)

SERVE = "import sys; from tests.forked import serve; serve(sys.argv[1])"


class Forked:
    """The process that forks; `folder` is where its socket lies."""

    def __init__(self, folder, environ):
        self._address = f"{folder}/forks"
        self._process = subprocess.Popen(
            [sys.executable, "-c", SERVE, self._address],
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout.readline() == b"ready\n"

    def close(self):
        """Ends it."""
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(20)

    def run(self, arguments, *, cwd, env, timeout):
        """What came of a command, as `subprocess.run` would tell it with `text=True`."""
        asked = {"arguments": [*map(str, arguments)], "cwd": str(cwd), "environ": env}
        with (
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
            socket.socket(socket.AF_UNIX) as connection,
        ):
            connection.settimeout(timeout)
            connection.connect(self._address)
            socket.send_fds(connection, [b" "], [out.fileno(), err.fileno()])
            connection.sendall(json.dumps(asked).encode())
            connection.shutdown(socket.SHUT_WR)
            code = self._code(connection, arguments, timeout)
            return subprocess.CompletedProcess(arguments, code, _text(out), _text(err))

    def _code(self, connection, arguments, timeout):
        with connection.makefile("r") as told:
            pid = int(told.readline())
            try:
                return int(told.readline())
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(arguments, timeout) from None


def _text(file):
    file.seek(0)
    with io.TextIOWrapper(file) as text:
        return text.read()


def serve(address):
    """Forks for whoever asks, until standard input ends."""
    for room in ROOMS:
        package = importlib.import_module(f"gatewayz.{room}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    for name in LATE:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(64)
        print("ready", flush=True)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
            connection, _ = listener.accept()
            if os.fork() == 0:
                _keep(connection)
                return
            connection.close()


def _keep(connection):
    """Starts one command, tells its process and then its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, files, _, _ = socket.recv_fds(connection, 1, 2)
    with connection.makefile("r") as asked:
        asked = json.load(asked)
    command = os.fork()
    if command == 0:
        connection.close()
        _become(asked, files)
    connection.sendall(f"{command}\n".encode())
    _, status = os.waitpid(command, 0)
    connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _become(asked, files):
    """Goes on as the command, to its end."""
    for file, at in zip((os.open(os.devnull, os.O_RDONLY), *files), range(3), strict=True):
        os.dup2(file, at)
        os.close(file)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["environ"])
    from gatewayz import cli

    sys.path[0] = asked["cwd"]
    sys.argv = ["gatewayz", *asked["arguments"]]
    try:
        cli.main()
    except SystemExit as end:
        _leave(end.code)


def _leave(code):
    """Ends as the interpreter does, but leaves alone what the fork shares.

    To free every module would copy nearly all of that first: four times the work of a short command.
    """
    threading._shutdown()
    atexit._run_exitfuncs()
    gc.collect()  # what complains when it is freed shall do so
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)

"""Does what a CI system would do with action.yml, here: executes its `run` steps with bash, in order.

Steps that use somebody else's action (cache, artifacts) are passed over: they need the CI system.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
_VALUE = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")
_COMPARED = re.compile(r"([\w.-]+) (==|!=) '(.*)'")


@dataclass
class Job:
    """One job that uses the action: what it was given, and what its steps left behind.

    `folder` is the job's own, empty at first; `env` what its steps see beside their own variables.
    """

    folder: Path
    env: Mapping[str, str]
    inputs: dict[str, str] = field(default_factory=dict)
    name: str = "roll-call"
    index: int = 0  # its place in a matrix
    number: int = 1  # of the workflow's run
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.action: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
        defaults = {name: told["default"] for name, told in self.action["inputs"].items()}
        if unknown := self.inputs.keys() - defaults:
            raise KeyError(f"the action has no inputs {sorted(unknown)}")
        self.inputs = defaults | self.inputs
        self.workspace = self.folder / "workspace"
        self.temp = self.folder / "temp"
        for made in (self.workspace, self.temp):
            made.mkdir(parents=True, exist_ok=True)
        self.summary = self.folder / "summary.md"

    def run(self, *, but: tuple[str, ...] = ()) -> int:
        """Executes the steps, apart from those named; the exit code of the one that failed, or 0."""
        for step in self.action["runs"]["steps"]:
            if "run" not in step or step["name"] in but or not self._wanted(step.get("if", "")):
                continue
            if code := self._execute(step):
                return code
        return 0

    def handed(self, name: str) -> dict[str, str]:
        """What a step that uses somebody else's action is given."""
        (step,) = (one for one in self.action["runs"]["steps"] if one["name"] == name)
        return {key: self._filled(value) for key, value in step["with"].items()}

    def _execute(self, step: Mapping[str, Any]) -> int:
        told = self.folder / "output"
        told.write_text("", encoding="utf-8")
        own = {name: self._filled(value) for name, value in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.workspace,
            env={
                **self.env,
                **own,
                "GITHUB_JOB": self.name,
                "GITHUB_RUN_ATTEMPT": "1",
                "GITHUB_OUTPUT": str(told),
                "GITHUB_STEP_SUMMARY": str(self.summary),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        self.said[step["name"]] = done.stdout + done.stderr
        if "id" in step:
            lines = told.read_text(encoding="utf-8").splitlines()
            self.outputs[step["id"]] = dict(line.split("=", 1) for line in lines)
        return done.returncode

    def _wanted(self, condition: str) -> bool:
        for part in filter(None, condition.split(" && ")):
            if part == "always()":
                continue
            if (told := _COMPARED.fullmatch(part)) is None:
                raise ValueError(f"a condition that is not understood here: {part}")
            if (self._value(told[1]) == told[3]) is (told[2] == "!="):
                return False
        return True

    def _filled(self, text: str) -> str:
        return _VALUE.sub(lambda told: self._value(told[1]), text)

    def _value(self, path: str) -> str:
        match path.split("."):
            case ["inputs", name]:
                return self.inputs[name]
            case ["steps", step, "outputs", name]:
                return self.outputs.get(step, {}).get(name, "")
            case ["runner", "temp"]:
                return str(self.temp)
            case ["strategy", "job-index"]:
                return str(self.index)
            case ["github", "job"]:
                return self.name
            case ["github", "run_id"]:
                return str(self.number)
            case ["github", "run_attempt"]:
                return "1"
            case ["github", "action_path"]:
                return str(ROOT)
        raise KeyError(path)

"""Other Python programs of Sereno, started so that they find the same code from any working directory."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

CODE_ROOT = Path(__file__).resolve().parent.parent.parent
"""The folder that holds the packages `sereno`, `flows` and `infra`."""


def module_command(module: str, arguments: Sequence[str]) -> list[str]:
    """`python -m module arguments`, blind to packages of the same name in the working directory."""
    return [sys.executable, "-P", "-m", module, *arguments]


def module_environment() -> Mapping[str, str]:
    """This process's environment, with the checkout on the path where Sereno runs from one."""
    if not (CODE_ROOT / "pyproject.toml").is_file():
        return os.environ
    paths = [str(CODE_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def become_module(module: str, arguments: Sequence[str]) -> NoReturn:
    """Replace this process: signals reach the module itself, and its exit code is the command's."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, module_command(module, arguments), module_environment())  # noqa: S606 (no shell wanted)

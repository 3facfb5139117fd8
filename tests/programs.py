"""Programs of Debian that tests need: found, else installed, else the test is skipped with the reason."""

import os
import shutil
import subprocess

import pytest


def program(package, *names):
    """Path of the first of these programs; root gets it from Debian when it is absent."""
    for attempt in range(2):
        for name in names or (package,):
            if found := shutil.which(name):
                return found
        if attempt or not shutil.which("apt-get") or os.geteuid():
            pytest.skip(
                f"{package} is not here and could not be installed (Debian: apt-get install {package})"
            )
        for command in ("update", f"install --yes --no-install-recommends {package}"):
            subprocess.run(
                ["apt-get", "-qq", *command.split()], env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300, check=False,
            )  # fmt: skip
    raise AssertionError

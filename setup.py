"""Build step of the wheel: it carries one small network, so that an installed library predicts at once.

Everything else about the package stands in pyproject.toml.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

PRETRAINED = ("small",)
FILES = ("recipe.json", "provenance.json", "metrics.json", "model.tflite", "README.md")


class BuildWithNetwork(build_py):
    """Copy what predicting takes of ``models/<name>`` to ``fer_core/pretrained/<name>``."""

    def run(self) -> None:
        """Build the modules, then add the networks (an editable install finds them in ``models/``)."""
        super().run()
        if self.editable_mode:
            return
        for name in PRETRAINED:
            target = Path(self.build_lib, "fer_core", "pretrained", name)
            target.mkdir(parents=True, exist_ok=True)
            for file in FILES:
                shutil.copy2(Path("models", name, file), target / file)


setup(cmdclass={"build_py": BuildWithNetwork})

"""Whether Spark can be tried here."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path


def has_spark() -> str:
    """Why Spark cannot be tried here, if it cannot."""
    if importlib.util.find_spec("pyspark") is None:
        return "pyspark is not installed (riskkit[spark])"
    java = shutil.which("java") or (
        os.environ.get("JAVA_HOME", "") and str(Path(os.environ["JAVA_HOME"]) / "bin" / "java")
    )
    if not java or subprocess.run([java, "-version"], capture_output=True, check=False).returncode:
        return "no Java runtime"
    return ""

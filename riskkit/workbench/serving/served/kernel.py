"""The kernel behind a served notebook: this interpreter, and quick to start."""

from __future__ import annotations

import sys
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from traitlets import Bool

from riskkit.workbench.runs.kernels.slow_import import SLOW_IMPORT
from riskkit.workbench.serving.warm_kernels import NAME as WARM
from riskkit.workbench.serving.warm_kernels import WarmProcess, can_fork, make_known

NAME = "python3"
_LAUNCH = (
    f"import sys; sys.modules[{SLOW_IMPORT!r}] = None; "
    "from ipykernel import kernelapp; kernelapp.launch_new_instance()"
)


class OwnKernel(KernelSpecManager):
    """Knows one kernel, this interpreter's, whatever is installed for the user or the machine."""

    is_warm = Bool(False, help="Whether kernels are forked from a warmed process.").tag(config=True)
    warm: WarmProcess | None = None

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        if self.is_warm and can_fork():
            self.warm = WarmProcess()
            self.warm.start()

    def find_kernel_specs(self) -> dict[str, str]:
        """Name the one kernel; it has no folder."""
        return {NAME: ""}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Say how the kernel is started."""
        if kernel_name != NAME:
            raise NoSuchKernel(kernel_name)
        if self.warm is not None:
            make_known()
        how = {"kernel_provisioner": {"provisioner_name": WARM}} if self.warm is not None else {}
        argv = [sys.executable, "-P", "-c", _LAUNCH, "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="Python 3", language="python", metadata=how)

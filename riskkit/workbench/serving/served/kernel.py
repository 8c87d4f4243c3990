"""The kernel behind a served notebook: this interpreter, and quick to start."""

from __future__ import annotations

import sys

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel

from riskkit.workbench.runs.kernels.kernels import SLOW_IMPORT

NAME = "python3"
_LAUNCH = (
    f"import sys; sys.modules[{SLOW_IMPORT!r}] = None; "
    "from ipykernel import kernelapp; kernelapp.launch_new_instance()"
)


class OwnKernel(KernelSpecManager):
    """Knows one kernel, this interpreter's, whatever is installed for the user or the machine."""

    def find_kernel_specs(self) -> dict[str, str]:
        """Name the one kernel; it has no folder."""
        return {NAME: ""}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Say how the kernel is started."""
        if kernel_name != NAME:
            raise NoSuchKernel(kernel_name)
        argv = [sys.executable, "-P", "-c", _LAUNCH, "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="Python 3", language="python")

"""What a process is fitted with shows in what the kernel says of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="glibc's allocator is Linux's")

WARM = """
import ctypes, resource, threading
from service.tuning import fit_to_one_job, warm_memory

def faults_of(size):
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    ctypes.memset(libc.malloc(ctypes.c_size_t(size)), 1, size)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

fit_to_one_job()
{warm}
[thread.join() for thread in threading.enumerate() if thread.name == "memory"]
print(faults_of(64 << 20))
"""


@pytest.mark.parametrize(("warm", "ready"), [("warm_memory(128 << 20)", True), ("", False)])
def test_memory_that_was_warmed_is_there_at_once(warm: str, ready: bool) -> None:
    program = WARM.format(warm=warm)
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert (int(done.stdout) < 100) is ready


def test_one_thread_for_small_products() -> None:
    program = "from service.tuning import fit_to_one_job; fit_to_one_job(); import numpy as np; "
    program += "np.ones((900, 900)) @ np.ones((900, 900)); import psutil; "
    program += "print(psutil.Process().num_threads())"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert int(done.stdout) == 1

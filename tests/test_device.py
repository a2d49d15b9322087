"""What computes, by its name, and what it says when its memory runs out."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from inpaint.device import find_device, has_bfloat16, out_of_memory, release


@pytest.mark.parametrize("name", ["gpu", "cpu:1", "cpu:x", "cuda:", "cuda:99", "cuda:-1", ""])
def test_a_device_that_is_not_there_is_refused_in_a_sentence(name: str):
    with pytest.raises(ValueError, match=r"is not on this machine; choose auto, .*cpu"):
        find_device(name)


def test_devices_that_are_there_are_found():
    assert find_device("cpu") == torch.device("cpu")
    assert find_device("cpu:0").type == "cpu"
    assert find_device("auto").type in ("cuda", "mps", "cpu")


@pytest.mark.parametrize(
    ("error", "is_memory"),
    [
        (MemoryError(), True),
        (torch.cuda.OutOfMemoryError("CUDA out of memory."), True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True),
        (RuntimeError("GET was unable to find an engine to execute this computation"), True),
        (RuntimeError("shapes differ"), False),
    ],
)
def test_errors_that_say_that_memory_ran_out_are_known(error: Exception, is_memory: bool):
    assert out_of_memory(error) == is_memory


def test_releasing_the_memory_of_a_cpu_does_nothing():
    release(torch.device("cpu"))


def test_a_cpu_with_the_instructions_for_it_computes_in_bfloat16():
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    if "avx512_bf16" in flags or "amx_bf16" in flags:
        assert has_bfloat16(torch.device("cpu"))
    elif "avx2" in flags and "avx512" not in flags:
        assert not has_bfloat16(torch.device("cpu"))

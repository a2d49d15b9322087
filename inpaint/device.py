"""What computes: finding it by its name, and what it says when its memory runs out."""

from __future__ import annotations

import warnings

import torch

# "unable to find an engine": cuDNN tried every way to convolve and had memory for the workspace of none.
OUT_OF_MEMORY = (
    "not enough memory",
    "can't allocate memory",
    "out of memory",
    "could not create a memory object",
    "ALLOC_FAILED",
    "unable to find an engine",
)


def find_device(name: str) -> torch.device:
    """Return the device of this name; "auto" is the first of cuda, mps and cpu that this machine has."""
    counts = {"cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available()), "cpu": 1}
    here = [kind for kind, count in counts.items() if count]
    kind, colon, number = (here[0] if name == "auto" else name).partition(":")
    there = number.isdecimal() and int(number) < counts.get(kind, 0) if colon else kind in here
    if not there:
        more = f" (cuda:0 to cuda:{counts['cuda'] - 1})" if counts["cuda"] > 1 else ""
        raise ValueError(f"device {name!r} is not on this machine; choose auto, {', '.join(here)}{more}")
    return torch.device(kind + colon + number)


def out_of_memory(error: Exception) -> bool:
    """Tell whether an error of torch says that memory ran out, on a graphics card or on the CPU."""
    known = isinstance(error, (MemoryError, torch.cuda.OutOfMemoryError))
    return known or any(words in str(error) for words in OUT_OF_MEMORY)


def has_bfloat16(device: torch.device) -> bool:
    """Tell whether a device computes in bfloat16 itself; a CPU that does not is many times slower than in float32."""
    if device.type == "cpu":
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return device.type != "cuda" or torch.cuda.get_device_capability(device) >= (8, 0)  # Ampere


def precision_of(name: str, device: torch.device, *, trained: str) -> str:
    """Return the precision of this name: "float32", "bfloat16", or with "auto" what is fast and loses nothing.

    trained: the precision that a network learned in.  One that learned in bfloat16 answers within 0.02 dB in it
    (`scripts/bench_precision.py`), so it is used where a CPU or CUDA device has it natively.
    Raises ValueError for another name.
    """
    if name not in ("auto", "float32", "bfloat16"):
        raise ValueError(f"precision {name!r} is unknown; choose auto, float32 or bfloat16")
    if name != "auto":
        return name
    native = device.type in ("cpu", "cuda") and has_bfloat16(device)
    return "bfloat16" if native and trained == "bfloat16" else "float32"


def warn_of_bfloat16(device: torch.device) -> None:
    """Warn whoever asked for bfloat16 where float32 is faster."""
    if not has_bfloat16(device):
        warnings.warn(f"this {device.type} does not compute in bfloat16 itself: float32 is faster here", stacklevel=3)


def training_precision(name: str, device: torch.device) -> str:
    """Return the precision in which a run of this one learns here; what is not as was asked for is said.

    Graphics cards before Ampere have no bfloat16: there it is float16, which is as fast.
    """
    if name != "bfloat16" or has_bfloat16(device):
        return name
    if device.type == "cuda":
        warnings.warn("this graphics card has no bfloat16: the run learns in float16, with scaled losses", stacklevel=3)
        return "float16"
    warn_of_bfloat16(device)
    return name


def release(device: torch.device) -> None:
    """Give back what torch keeps of a graphics card's memory for later, so that it can be cut anew."""
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()

"""What milesial's code calls the entries of the plain U-Net."""

from __future__ import annotations

from tests.importing.authors.written import Case, State, renamed


def milesial(state: State) -> tuple[State, ...]:
    def entry(name: str) -> str:
        part, *rest = name.removeprefix("trunk.").split(".")
        if part == "inner":
            return ".".join(["inc", "double_conv", *rest])
        if part == "downs":
            return ".".join([f"down{int(rest[0]) + 1}", "maxpool_conv", "1", "double_conv", *rest[1:]])
        if part == "out":
            return ".".join(["outc", "conv", *rest])
        inside = ["up"] if rest[1] == "enlarge" else ["conv", "double_conv"]
        return ".".join([f"up{int(rest[0]) + 1}", *inside, *rest[2:]])

    return (renamed(state, ((name, entry(name)) for name in state)),)


CASES = {
    "milesial": Case("unet", {"width": 4}, milesial),
    "milesial_bilinear": Case("unet", {"width": 4, "bilinear": True}, milesial),
    "milesial_mask": Case("unet", {"width": 4, "see_mask": True}, milesial),
}

"""The configs that come with the package, by name."""

from __future__ import annotations

from pathlib import Path

from inpaint.parts import did_you_mean

CONFIGS_FOLDER = Path(__file__).parent.parent / "configs"
TWO_NETWORKS = "default is two networks: train sighted, the one for holes, or cells, the one for mosaics"


def config_names() -> list[str]:
    """Return the names of the configs that train a network, such as quick and small/unet."""
    found = [*CONFIGS_FOLDER.glob("*.yaml"), *(CONFIGS_FOLDER / "small").glob("*.yaml")]
    return sorted((path.relative_to(CONFIGS_FOLDER).with_suffix("").as_posix() for path in found), key=name_order)


def name_order(name: str) -> tuple[int, str]:
    return name.count("/"), name


def config_file(given: Path | str) -> Path:
    """Return the file of a config that is given by path, or by the name of one that comes with the package.

    Raises ValueError naming the choices.

    >>> config_file("quick").name, config_file("configs/small/unet.yaml").name
    ('quick.yaml', 'unet.yaml')
    """
    for path in (Path(given), CONFIGS_FOLDER / f"{given}.yaml", CONFIGS_FOLDER.parent / given):
        if path.exists() and not path.is_dir():  # a pipe, too, as of `<(sed ...)`
            return path
    if Path(given).is_dir():
        raise ValueError(f"{given} is a folder; it should be a run's YAML file")
    if str(given) == "default":
        raise ValueError(TWO_NETWORKS)
    names = config_names()
    near = did_you_mean(str(given).removesuffix(".yaml"), names)
    raise ValueError(f"{given} does not exist; it should be a run's YAML file, or a name: {', '.join(names)}{near}")

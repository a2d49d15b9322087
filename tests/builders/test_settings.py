from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from inpaint.builders.settings import DatasetSettings, parse_settings, read_settings, settings_to_tree
from inpaint.builders.writing.bake import censoring_of

CONFIGS = sorted((Path(__file__).parents[2] / "configs" / "dataset").glob("*.yaml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_yaml_is_complete(path: Path):
    tree, told = yaml.safe_load(path.read_text("utf-8")), settings_to_tree(read_settings(path))
    assert tree.keys() == told.keys()
    assert tree["clean"].keys() == told["clean"].keys()
    assert tree["group"].keys() == told["group"].keys()
    assert parse_settings(told, "again") == read_settings(path)
    censoring_of(read_settings(path))  # names only masks and fills that there are


def test_the_photos_are_the_default():
    assert (
        read_settings(next(path for path in CONFIGS if path.stem == "photos")) == DatasetSettings() == read_settings()
    )


def test_every_rule_of_cleaning_and_grouping_can_be_switched_off():
    for section in ("clean", "group"):
        for name, value in settings_to_tree(DatasetSettings())[section].items():
            off = getattr(getattr(read_settings(None, [f"{section}.{name}=null"]), section), name)
            assert not off, name
            assert value != "" or off != value


def test_overrides_count_more_than_the_file(tmp_path: Path):
    (tmp_path / "set.yaml").write_text("{size: 64, clean: {flat: 2}}")
    settings = read_settings(tmp_path / "set.yaml", ["clean.flat=3", "group.by=folder"])
    assert (settings.size, settings.clean.flat, settings.group.by) == (64, 3.0, ("folder",))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("sizes=64", "sizes: there is no such key"),
        ("clean.bluur=3", "clean.bluur: there is no such key"),
        ("size=8", "size: .*32"),
        ("splits=[0.5, 0.2, 0.2]", "which sum to 1"),
        ("splits=[1.5, -0.5, 0]", "which sum to 1"),
        ("scales=[2]", "scales are"),
        ("clean.min_side=10", "min_side is 10; a picture needs at least the patch size 256"),
        ("group.by=[pattern]", "pattern is None"),
        ("group.pattern=(a)", "by is"),
        ("group={by: pattern, pattern: '(a'}", "not a valid regular expression"),
        ("group={by: pattern, pattern: 'a'}", "needs a group"),
        ("group.by=author", "group.by.0"),
        ("censor={mask: box}", "censor"),
        ("store.format=tar", "store.format"),
    ],
)
def test_a_fault_is_told_in_one_line(override: str, message: str):
    with pytest.raises(ValueError, match=message) as error:
        read_settings(None, [override])
    assert "\n" not in str(error.value)


def test_what_is_no_settings_file_is_refused_in_a_sentence(tmp_path: Path):
    with pytest.raises(ValueError, match="does not exist"):
        read_settings(tmp_path / "missing.yaml")
    for text, message in (("[1, 2]", "should hold a mapping"), ("a: [", "is not YAML")):
        (tmp_path / "set.yaml").write_text(text)
        with pytest.raises(ValueError, match=message):
            read_settings(tmp_path / "set.yaml")

"""The contract of every generator: a new one is tested by standing in GENERATORS."""

from __future__ import annotations

import inspect

import pytest

from inpaint.generators import GENERATORS
from tests.generators.contract import CONTRACT, Check, small_options, why_not_exportable


@pytest.mark.parametrize("name", GENERATORS)
def test_options_are_keywords_with_defaults(name: str):
    parameters = inspect.signature(GENERATORS[name]).parameters.values()
    assert all(it.kind is it.KEYWORD_ONLY and it.default is not it.empty for it in parameters)


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("check", CONTRACT, ids=lambda check: check.__name__)
def test_every_generator_keeps_the_contract(check: Check, name: str):
    check(name, small_options(name))


@pytest.mark.parametrize("name", GENERATORS)
def test_a_generator_says_whether_it_can_be_exported(name: str):
    reason = why_not_exportable(name)
    assert reason is None or (reason[0].islower() and not reason.endswith("."))

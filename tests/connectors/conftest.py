"""Fixtures of the connector tests: a clock, and an HTTP that answers from a script.

What to add here: a fixture that more than one of them needs.
What belongs elsewhere: helpers that are no fixtures (`scripted_crm.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses

from tests.connectors.scripted_crm import Time


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def http() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock

"""Fixtures of the link's tests."""

import pytest
from link_library import LinkLibrary


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> LinkLibrary:
    """The device's frame code."""
    return LinkLibrary(tmp_path_factory.mktemp("link"))

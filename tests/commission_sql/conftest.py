"""The commission models, compiled once by dbt for every test of this folder.

Add what two files of the folder share; worlds are `worlds`, how tables are filled is `database`.
"""

from __future__ import annotations

import pytest

from tests.commission_sql.database import compiled


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """SQL by model."""
    return compiled(tmp_path_factory.mktemp("compiled"))

"""One small published warehouse for all report tests, and the files of one pack."""

from pathlib import Path

import pytest

from reports.pack import PackFiles, build_pack
from tests.reports.warehouse import make_warehouse

COMPANY = Path(__file__).parents[2] / "company"


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published warehouse."""
    return make_warehouse(tmp_path_factory.mktemp("warehouse") / "warehouse.duckdb")


@pytest.fixture(scope="session")
def empty_company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company folder in which nobody has filed anything yet."""
    return tmp_path_factory.mktemp("company")


@pytest.fixture(scope="session")
def management_pack(warehouse: Path, empty_company: Path, tmp_path_factory: pytest.TempPathFactory) -> PackFiles:
    """The management pack of 2026-Q3."""
    return build_pack(
        warehouse, "2026-Q3", tmp_path_factory.mktemp("pack"), company_folder=empty_company, recipient="E900 沈国栋"
    )


@pytest.fixture(scope="session")
def department_pack(warehouse: Path, empty_company: Path, tmp_path_factory: pytest.TempPathFactory) -> PackFiles:
    """The pack of department D2 for 2026-Q3."""
    return build_pack(
        warehouse,
        "2026-Q3",
        tmp_path_factory.mktemp("department"),
        company_folder=empty_company,
        audience="department",
        department_id="D2",
    )

"""Staff and departments of the Fxiaoke tenant: their lists, and what every record shows of them.

What to add here: another call about people, another thing a record tells of its owner.
What belongs elsewhere: records themselves (`query.py`).
"""

from __future__ import annotations

from typing import Any

import msgspec

from simulators.control import Simulation
from simulators.credentials import CREDENTIALS
from simulators.fxiaoke.replies import Trouble
from simulators.records import BEGINNING, Table, View, from_micros

COMPANY = 999999
TENANT = "700001"
SYSTEM = "-10000"


class People:
    """Who works here, as the moment shows it."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self._short: tuple[int, dict[str, str], dict[str, str]] = (0, {}, {})

    @property
    def view(self) -> View | None:
        """The staff as it stands."""
        return self.simulation.view("fxiaoke", "_staff")

    def staff(self) -> list[dict[str, Any]]:
        """Everybody, leavers included."""
        return _rows(self.view)

    def departments(self) -> list[dict[str, Any]]:
        """All departments."""
        return _rows(self.simulation.view("fxiaoke", "_departments"))

    def _ids(self) -> tuple[dict[str, str], dict[str, str]]:
        """FSUID to short id and back: the short id is `userId` of the staff record, else counted from 1000."""
        table = self.simulation.records.table("fxiaoke", "_staff")
        serial = table.serial if table else -1
        if self._short[0] != serial:
            short = {CREDENTIALS["fxiaoke"]["open_user_id"]: CREDENTIALS["fxiaoke"]["user_id"]}
            for place, key in enumerate(table.ids if table else []):
                version = table.versions_of(key, 2**62)[-1] if table else 0
                given = table.decoded(version).get("userId") if table else None
                short.setdefault(key, str(given or 1001 + place))
            self._short = (serial, short, {number: key for key, number in short.items()})
        return self._short[1], self._short[2]

    def knows(self, user: str) -> bool:
        """Whether somebody has this id, of either kind."""
        short, long = self._ids()
        return user in short or user in long

    def short(self, user: str) -> str:
        """The CRM employee id of somebody, the id itself where there is no other."""
        return self._ids()[0].get(user, user)

    def fsuid(self, user: str) -> str:
        """The FSUID of somebody, the id itself where there is no other."""
        return self._ids()[1].get(user, user)

    def translated(self, value: bytes, *, with_fsuid: bool) -> bytes:
        """A field's ids of people in one style."""
        decoded = msgspec.json.decode(value)
        if not isinstance(decoded, list):
            return value
        style = self.fsuid if with_fsuid else self.short
        return msgspec.json.encode([style(str(user)) for user in decoded])

    def person(self, user: str) -> dict[str, Any] | None:
        """The staff record behind an id of either kind."""
        view = self.view
        version = view.find(self.fsuid(user)) if view else None
        return None if view is None or version is None else view.table.decoded(version)

    def shown(self, user: str) -> dict[str, Any]:
        """What `owner__r` of a record tells of somebody, phone and mail among it."""
        person = self.person(user) or {}
        return {
            "id": self.short(user),
            "tenantId": TENANT,
            "name": person.get("name", ""),
            "dept": str(person.get("mainDepartmentId", "")),
            "supervisorId": self.short(person["leaderId"]) if person.get("leaderId") else None,
            "post": person.get("position", ""),
            "empNum": person.get("employeeNumber", ""),
            "email": person.get("email", ""),
            "phone": person.get("mobile", ""),
            "status": 1 if person.get("isStop") else 0,
            "picAddr": "",
            "description": "",
        }

    def department_name(self, department: str) -> str:
        """The name of a department, by its id."""
        view = self.simulation.view("fxiaoke", "_departments")
        version = view.find(department) if view else None
        return "" if view is None or version is None else str(view.table.decoded(version).get("name", ""))

    # --- the calls ---

    def department_list(self) -> dict[str, Any]:
        """`/cgi/department/list`."""
        return {"departments": [{"isStop": False, "order": 0} | row for row in self.departments()]}

    def department_detail(self, body: dict[str, Any]) -> dict[str, Any]:
        """`/cgi/department/detail`."""
        found = [row for row in self.departments() if str(row["id"]) == str(body.get("departmentId"))]
        if not found:
            raise Trouble(30007)
        row = found[0]
        return {
            "department": {
                "departmentId": row["id"],
                "parentDepartmentId": row.get("parentId"),
                "name": row.get("name"),
                "principalId": row.get("principalId"),
                "isStop": row.get("isStop", False),
                "stopTime": None,
                "createTime": row.get("createTime", 0),
                "updateTime": row.get("updateTime", 0),
                "ancestors": self._ancestors(row),
            }
        }

    def _ancestors(self, row: dict[str, Any]) -> list[int]:
        parents = {other["id"]: other.get("parentId") for other in self.departments()}
        found: list[int] = []
        parent = row.get("parentId")
        while parent in parents and parent not in found:
            found.append(parent)
            parent = parents[parent]
        return [*found, COMPANY]

    def user_list(self, body: dict[str, Any], *, simple: bool) -> dict[str, Any]:
        """`/cgi/user/list` and `/cgi/user/simpleList`."""
        department = body.get("departmentId")
        if not isinstance(department, int):
            raise Trouble(11009)
        wanted = self._below(department) if body.get("fetchChild") else {department}
        people = [person for person in self.staff() if department == COMPANY or wanted & _departments_of(person)]
        if not simple:
            return {"userList": people}
        return {"userList": [{name: person.get(name) for name in ("openUserId", "name", "nickName")} for person in people]}

    def _below(self, department: int) -> set[int]:
        """A department and all below it."""
        found, added = {department}, True
        while added:
            more = {row["id"] for row in self.departments() if row.get("parentId") in found} - found
            found, added = found | more, bool(more)
        return found

    def user(self, body: dict[str, Any]) -> dict[str, Any]:
        """`/cgi/user/get`."""
        if not body.get("openUserId"):
            raise Trouble(10010, "openUserId missing")
        person = self.person(str(body["openUserId"]))
        if person is None:
            raise Trouble(20012)
        return person

    def users_by_update(self, body: dict[str, Any]) -> dict[str, Any]:
        """`/cgi/user/get/batchByUpdTime`: no longer in the documents."""
        size, page = min(int(body.get("pageSize", 20)), 1000), max(int(body.get("pageNumber", 1)), 1)
        start, end = int(body.get("startTime", 0)), int(body.get("endTime", 2**53))
        view = self.view
        rows = [] if view is None else [v for v in view.rows.tolist() if start <= view.table.modified[v] // 1000 <= end]
        shown = [] if view is None else [view.table.decoded(v) for v in rows[(page - 1) * size : page * size]]
        return {"employees": shown, "pageCount": -(-len(rows) // size), "totalCount": len(rows), "lastChangedTime": end}

    def by_mobile(self, body: dict[str, Any]) -> dict[str, Any]:
        """`/cgi/user/getByMobile`: how an application finds the identity it then uses."""
        mobile, known = str(body.get("mobile", "")), CREDENTIALS["fxiaoke"]
        found = [person for person in self.staff() if str(person.get("mobile")) == mobile]
        if not found and mobile == known["mobile"]:
            found = [{"openUserId": known["open_user_id"], "name": "CRM 管理员", "mainDepartmentId": COMPANY}]
        if not found:
            raise Trouble(30027)
        return {
            "empList": [
                {
                    "openUserId": person["openUserId"],
                    "name": person.get("name"),
                    "fullName": person.get("name"),
                    "mainDepartmentIds": [person.get("mainDepartmentId")],
                    "departmentIds": person.get("departmentIds", []),
                    "status": 1 if person.get("isStop") else 0,
                }
                for person in found
            ]
        }

    # --- the same people as objects ---

    def see_to_objects(self, name: str) -> None:
        """Make PersonnelObj or DepartmentObj from the lists where the folder has no file of them."""
        source = {"PersonnelObj": "_staff", "DepartmentObj": "_departments"}.get(name)
        table = self.simulation.records.table("fxiaoke", source) if source else None
        if table is None or self.simulation.records.table("fxiaoke", name) is not None:
            return
        make = self._personnel if name == "PersonnelObj" else _department
        rows = [_versioned(table, version, make(table.decoded(version))) for version in range(len(table))]
        self.simulation.records.replace("fxiaoke", name, rows)

    def _personnel(self, person: dict[str, Any]) -> dict[str, Any]:
        key = self.short(str(person["openUserId"]))
        return {
            "_id": key,
            "user_id": key,
            "name": person.get("name"),
            "full_name": person.get("name"),
            "employee_number": person.get("employeeNumber"),
            "phone": person.get("mobile"),
            "email": person.get("email"),
            "position": person.get("position"),
            "main_department": [str(person.get("mainDepartmentId", COMPANY))],
            "leader": self.short(str(person["leaderId"])) if person.get("leaderId") else None,
            "status": "1" if person.get("isStop") else "0",
            "is_active": not person.get("isStop"),
            "owner": [person["openUserId"]],
            "life_status": "normal",
        }


def _rows(view: View | None) -> list[dict[str, Any]]:
    return [] if view is None else [view.table.decoded(version) for version in view.rows.tolist()]


def _departments_of(person: dict[str, Any]) -> set[int]:
    return {*person.get("departmentIds", []), *person.get("attachingDepartmentIds", []), person.get("mainDepartmentId", COMPANY)}


def _department(row: dict[str, Any]) -> dict[str, Any]:
    parent = row.get("parentId")
    return {
        "_id": str(row["id"]),
        "name": row.get("name"),
        "parent_id": [str(parent if parent else COMPANY)],
        "status": "1" if row.get("isStop") else "0",
        "life_status": "normal",
    }


def _versioned(table: Table, version: int, row: dict[str, Any]) -> dict[str, Any]:
    """A made row with the times of the one it was made from."""
    at, ending = int(table.at[version]), int(table.ending[version])
    stamps = {"create_time": int(table.created[version]) // 1000, "last_modified_time": int(table.modified[version]) // 1000}
    begun = {} if at == BEGINNING else {"$at": from_micros(at).isoformat()}
    ended = {"$deleted": (None, "recycle", "permanent", "invalid")[ending]} if ending else {}
    return {**begun, **ended, **stamps, **row}

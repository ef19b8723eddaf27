"""The world as Fxiaoke keeps it: records under its own field names, dates in milliseconds, money in strings.

What to add here: an object of Fxiaoke, a field that the demo tenant fills.
What belongs elsewhere: what happened (`sales.py`, `cash.py`, `activity.py`); how the API answers (`simulators/fxiaoke`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, TypeAlias

from simulators.world import names
from simulators.world.activity import Contact, Lead, Visit
from simulators.world.cash import BILL, PREPAID, REBATE, Cash
from simulators.world.clock import DAY, LAST_DAY, day, epoch_ms, iso, iso_day, midnight_ms, moment
from simulators.world.customers import Customer
from simulators.world.money import half_up
from simulators.world.people import DEPARTMENT_NAMES, FXIAOKE_DEPARTMENTS, Person
from simulators.world.planted import Merge
from simulators.world.products import Product
from simulators.world.sales import LOST, WON, Opportunity, Order

Record: TypeAlias = dict[str, Any]
STAGES = {1: ("初步接洽", 10), 2: ("需求确认", 30), 3: ("方案报价", 50), 4: ("商务谈判", 75), 5: ("赢单", 100), 6: ("输单", 0)}
STATUSES = {"open": ("1", "进行中"), "won": ("2", "赢单"), "lost": ("3", "输单")}
ORDER_STATES = {"6": "确认中", "7": "已确认", "10": "已发货"}
TERMS = {"1": "支票", "4": "转账", "5": "网银", BILL: "线下支付", PREPAID: "预存款", REBATE: "返利"}
PROCESS = "5f3b2c0000a1b2c3d4e50001"


def text(amount: int) -> str:
    """Cents as Fxiaoke writes money."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100}.{abs(amount) % 100:02}"


def _place(customer: Customer) -> str:
    """Where a customer is, as Fxiaoke writes a place: longitude, latitude, address."""
    spot = int(customer.account_id[:6], 16)
    return f"{112 + spot % 10}.{spot % 9_973:04}#%${28 + spot % 9}.{spot % 9_967:04}#%${customer.street}"


class FxiaokeWriter:
    """Writes one department's world in Fxiaoke's shapes."""

    def __init__(self, people: list[Person]) -> None:
        self.users = {person.no: person.fxiaoke_id for person in people}

    def base(self, key: str, name: str, created: int, at: int, version: int, owner: str, kind: str) -> Record:
        """What every record carries."""
        record: Record = {
            "$at": iso(at),
            "_id": key,
            "name": name,
            "record_type": "default__c",
            "object_describe_api_name": kind,
            "life_status": "normal",
            "lock_status": "0",
            "is_deleted": False,
            "version": str(version),
            "create_time": epoch_ms(created),
            "last_modified_time": epoch_ms(at),
        }
        if owner:
            record["owner"] = [self.users[owner]]
            record["created_by"] = [self.users[owner]]
            record["data_own_department"] = ["1001"]
            record["owner_department"] = "一部"
        return record

    def accounts(self, customers: list[Customer], merges: list[Merge], contacts: list[Contact]) -> Iterator[Record]:
        """客户 with every change of owner."""
        phones = {contact.customer.account_id: contact.phone for contact in contacts}
        losers = {merge.loser.account_id: merge for merge in merges}
        for customer in customers:
            merge = losers.get(customer.account_id)
            for version, (since, owner) in enumerate(customer.owners, start=1):
                at = customer.created if version == 1 else moment(since, 9, 5)
                if merge and at >= merge.at:
                    break
                record = self.base(customer.account_id, customer.name, customer.created, at, version, owner, "AccountObj")
                record |= {
                    "account_no": customer.account_no,
                    "account_level": customer.level,
                    "account_source": str(customer.index % 6 + 1),
                    "account_status": "3",
                    "industry_level1": customer.industry,
                    "deal_status": "2" if customer.weight > 1.5 else "1",
                    "province": customer.province,
                    "city": customer.city,
                    "address": customer.street,
                    "location": _place(customer),
                    "tel": phones[customer.account_id],
                    "biz_status": "allocated" if owner else "un_allocated",
                    "biz_reg_name": bool(customer.uscc),
                }
                if customer.uscc:
                    record["uniform_social_credit_code"] = customer.uscc
                if not owner:
                    record |= {
                        "high_seas_id": "5f3b2c0000a1b2c3d4e5c0de",
                        "high_seas_name": "一部公海",
                        "returned_time": epoch_ms(at),
                    }
                yield record
            if merge:
                yield {"$at": iso(merge.at), "$deleted": "permanent", "_id": customer.account_id}

    def contacts(self, contacts: list[Contact]) -> Iterator[Record]:
        """联系人."""
        for contact in contacts:
            record = self.base(
                contact.id,
                contact.surname + contact.given,
                contact.at,
                contact.at,
                1,
                contact.customer.owners[0][1],
                "ContactObj",
            )
            yield record | {
                "account_id": contact.customer.account_id,
                "mobile1": contact.phone,
                "job_title": contact.title,
                "company": contact.customer.name,
                "primary_contact": True,
            }

    def leads(self, leads: list[Lead]) -> Iterator[Record]:
        """线索, those converted with what they became."""
        states = {"new": "un_processed", "contacted": "processed", "converted": "transformed", "closed": "closed"}
        for lead in leads:
            first = self.base(lead.id, lead.surname + lead.given, lead.at, lead.at, 1, lead.owner, "LeadsObj")
            first |= {
                "company": lead.company,
                "source": names.LEAD_SOURCES[lead.source],
                "biz_status": "un_processed",
                "is_duplicated": False,
            }
            yield first
            if lead.state == "new" or lead.touched // DAY > LAST_DAY:
                continue
            second = first | {
                "$at": iso(lead.touched),
                "last_modified_time": epoch_ms(lead.touched),
                "version": "2",
                "biz_status": states[lead.state],
            }
            if lead.opportunity is not None:
                second |= {"account_id": lead.opportunity.customer.account_id, "new_opportunity_id": lead.opportunity.id}
            elif lead.state == "closed":
                second["close_reason"] = "无采购计划"
            yield second

    def products(self, products: tuple[Product, ...]) -> Iterator[Record]:
        """产品, there from the beginning."""
        created = moment(day(2024, 1, 2), 9)
        for product in products:
            record = self.base(product.fxiaoke_id, product.name, created, created, 1, "E902", "ProductObj")
            yield record | {
                "product_code": product.code,
                "price": text(product.price * 113),
                "unit": product.unit,
                "category": product.line,
                "product_line": product.line,
                "product_status": "1",
                "is_giveaway": "0",
            }

    def opportunities(self, chances: list[Opportunity]) -> Iterator[Record]:
        """商机 with every stage they stood in."""
        for chance in chances:
            created = chance.stages[0].at
            for version, stage in enumerate(chance.stages, start=1):
                label, probability = STAGES[stage.stage]
                outcome = {WON: "won", LOST: "lost"}.get(stage.stage, "open")
                status, status_label = STATUSES[outcome]
                owner = chance.customer.owner_on(stage.at // DAY) or chance.owner
                record = self.base(
                    chance.id,
                    f"{chance.customer.name[:12]}-{chance.product.name.split()[0]}-{chance.no:05}",
                    created,
                    stage.at,
                    version,
                    owner,
                    "NewOpportunityObj",
                )
                record |= {
                    "account_id": chance.customer.account_id,
                    "sales_process_id": PROCESS,
                    "sales_process_id__r": "标准流程",
                    "sales_stage": str(stage.stage),
                    "sales_stage__r": label,
                    "sales_status": status,
                    "sales_status__r": status_label,
                    "amount": text(stage.amount),
                    "probability": probability,
                    "probability_amount": text(half_up(stage.amount * probability, 100)),
                    "close_date": midnight_ms(stage.close_day),
                    "stg_changed_time": epoch_ms(stage.at),
                    "currentStageIndex": min(stage.stage, 5),
                    "totalStageCount": 5,
                    "last_followed_time": epoch_ms(stage.at),
                }
                if outcome != "open":
                    record["cost_time"] = str((stage.at - created) * 1000)
                if outcome == "lost":
                    record["loss_reason"] = names.LOSS_REASONS[chance.loss_reason]
                yield record

    def orders(self, orders: list[Order]) -> Iterator[Record]:
        """订单: approved, shipped, handed over, cancelled, deleted."""
        for order in orders:
            first = self.base(order.id, order.no, order.at, order.at, 1, order.owner, "SalesOrderObj")
            product_amount = sum(line.total for line in order.lines)
            first |= {
                "account_id": order.customer.account_id,
                "order_time": midnight_ms(order.day),
                "order_amount": text(order.gross),
                "product_amount": text(product_amount),
                "order_status": "7",
                "order_status__r": "已确认",
                "discount": text(half_up(order.gross * 10_000, product_amount)),
                "settle_type": "2" if order.customer.terms > 45 else "1",
                "submit_time": epoch_ms(order.at),
                "delivery_date": midnight_ms(order.delivery_day),
            }
            if order.opportunity is not None:
                first["new_opportunity_id"] = order.opportunity.id
            if order.pending_until is not None:
                first |= {"life_status": "under_review", "order_status": "6", "order_status__r": "确认中"}
            yield first
            events: list[tuple[int, Record]] = [(at, {"owner": [self.users[owner]]}) for at, owner in order.reowned]
            if order.pending_until is not None:
                events.append((order.pending_until, {"life_status": "normal", "order_status": "7", "order_status__r": "已确认"}))
            if order.gone_at is None:
                shipped = moment(order.delivery_day, 16, order.at % 60)
                events.append((max(shipped, order.at + 60), {"order_status": "10", "order_status__r": "已发货"}))
            version = 1
            current = first
            for at, change in sorted(events, key=lambda event: event[0]):
                if at // DAY > LAST_DAY:
                    continue
                version += 1
                current = current | change | {"$at": iso(at), "last_modified_time": epoch_ms(at), "version": str(version)}
                yield current
            yield from _ending(order, current)

    def order_lines(self, orders: list[Order]) -> Iterator[Record]:
        """订单产品."""
        for order in orders:
            for line in order.lines:
                record = self.base(line.id, f"{order.no}-{line.product.code}", order.at, order.at, 1, "", "SalesOrderProductObj")
                record |= {
                    "order_id": order.id,
                    "product_id": line.product.fxiaoke_id,
                    "product_price": text(line.list_price),
                    "sales_price": text(line.sales_price),
                    "discount": text(half_up(line.sales_price * 10_000, line.list_price)),
                    "quantity": f"{line.quantity}.00",
                    "unit": line.product.unit,
                    "subtotal": text(line.total),
                }
                yield record
                yield from _ending(order, record)

    def plans(self, cash: Cash) -> Iterator[Record]:
        """回款计划: what was agreed when the invoice was written."""
        for invoice in cash.invoices:
            if invoice.order.customer.crm != "fxiaoke" or len(invoice.instalments) == 1:
                continue
            for instalment in invoice.instalments:
                key = hashlib.md5(f"{invoice.id}:{instalment.no}".encode(), usedforsecurity=False).hexdigest()[:24]
                record = self.base(
                    key, f"{invoice.no}-{instalment.no}", invoice.at, invoice.at, 1, invoice.order.owner, "PaymentPlanObj"
                )
                yield record | {
                    "account_id": invoice.order.customer.account_id,
                    "order_id": invoice.order.id,
                    "plan_payment_amount": text(instalment.amount),
                    "plan_payment_time": midnight_ms(instalment.due),
                    "plan_payment_method": "4",
                    "plan_payment_status": "incomplete",
                    "remind_time": 3,
                }

    def payments(self, cash: Cash) -> Iterator[Record]:
        """回款."""
        for payment in cash.payments:
            if payment.customer.crm != "fxiaoke":
                continue
            owner = payment.customer.owner_on(payment.at // DAY)
            record = self.base(payment.id, payment.no, payment.at, payment.at, 1, owner, "PaymentObj")
            yield record | {
                "account_id": payment.customer.account_id,
                "payment_amount": text(payment.amount),
                "payment_time": midnight_ms(payment.day),
                "payment_term": payment.method,
                "payment_term__r": TERMS[payment.method],
                "order_id": ",".join(part.order.no for part in payment.parts),
                "submit_time": epoch_ms(payment.at),
            }

    def payment_lines(self, cash: Cash) -> Iterator[Record]:
        """回款明细."""
        for payment in cash.payments:
            if payment.customer.crm != "fxiaoke":
                continue
            for number, part in enumerate(payment.parts, start=1):
                record = self.base(part.id, f"{payment.no}-{number}", payment.at, payment.at, 1, "", "OrderPaymentObj")
                yield record | {
                    "payment_id": payment.id,
                    "order_id": part.order.id,
                    "payment_amount": text(part.amount),
                    "payment_time": midnight_ms(payment.day),
                    "payment_term": payment.method,
                    "submit_time": epoch_ms(payment.at),
                }

    def returns(self, cash: Cash) -> Iterator[Record]:
        """退货单."""
        for back in cash.returns:
            if back.order.customer.crm == "fxiaoke":
                record = self.base(back.id, back.no, back.at, back.at, 1, back.order.owner, "ReturnedGoodsInvoiceObj")
                yield record | {
                    "account_id": back.order.customer.account_id,
                    "order_id": back.order.id,
                    "returned_goods_inv_amount": text(back.amount),
                    "returned_goods_time": midnight_ms(back.day),
                    "returned_goods_reason": back.reason,
                    "status": "已完成",
                    "submit_time": epoch_ms(back.at),
                }

    def visits(self, visits: list[Visit]) -> Iterator[Record]:
        """高级外勤, written when the visit ended."""
        for visit in visits:
            at = (visit.ended or visit.started) + 5
            record = self.base(
                visit.id,
                f"WQ{iso_day(visit.started // DAY).replace('-', '')}-{visit.id[-6:]}",
                visit.started,
                at,
                1,
                visit.owner,
                "CheckinsObj",
            )
            record |= {
                "customer_id": visit.customer.account_id,
                "checkin_time": epoch_ms(visit.started),
                "new_stat_date": midnight_ms(visit.started // DAY),
                "checkins_scene": names.SCENES[visit.scene],
                "communicate_record": visit.note,
                "checkin_location": _place(visit.customer),
            }
            if visit.ended is not None:
                record["checkout_time"] = epoch_ms(visit.ended)
            yield record

    def staff(self, people: list[Person]) -> Iterator[Record]:
        """/cgi/user/list, those who left as stopped."""
        for person in people:
            if not person.fxiaoke_id:
                continue
            seats = [(stint.first, stint) for stint in person.stints if stint.department in ("D0", "D1")]
            for place, (since, stint) in enumerate(seats):
                yield self._user(person, stint.department, stint.role, stint.manager, since if place else person.hired, False)
            last = seats[-1][1]
            if last.last is not None:  # left, or moved to the other department
                yield self._user(person, last.department, last.role, last.manager, last.last + 1, True)

    def _user(self, person: Person, department: str, role: str, manager: str, since: int, stopped: bool) -> Record:
        seat = FXIAOKE_DEPARTMENTS[department]
        return {
            "$at": iso(moment(since, 8)),
            "openUserId": person.fxiaoke_id,
            "account": person.email,
            "name": person.name,
            "nickName": person.name,
            "isStop": stopped,
            "email": person.email,
            "mobile": f"139{int(person.no[1:]) * 37 + 10_000_000:08}",
            "gender": "M",
            "position": role,
            "departmentIds": [seat],
            "mainDepartmentId": seat,
            "attachingDepartmentIds": [],
            "employeeNumber": person.no,
            "hireDate": iso_day(person.hired),
            "leaderId": self.users.get(manager, ""),
            "createTime": epoch_ms(moment(person.hired, 8)),
            "updateTime": epoch_ms(moment(since, 8)),
        }

    @staticmethod
    def departments() -> Iterator[Record]:
        """/cgi/department/list."""
        for order, (key, number) in enumerate(FXIAOKE_DEPARTMENTS.items(), start=1):
            yield {"id": number, "name": DEPARTMENT_NAMES[key], "parentId": 0, "isStop": False, "order": order}


def _ending(order: Order, last: Record) -> Iterator[Record]:
    """What ends an order or a line of it: 作废 keeps the record, a deletion leaves nothing behind."""
    if order.deleted == "permanent" and order.deleted_at is not None:
        yield {"$at": iso(order.deleted_at), "$deleted": "permanent", "_id": last["_id"]}
    elif order.gone_at is not None:
        yield last | {
            "$at": iso(order.gone_at),
            "$deleted": "invalid",
            "life_status": "invalid",
            "life_status_before_invalid": last["life_status"],
            "last_modified_time": epoch_ms(order.gone_at),
            "version": str(int(last["version"]) + 1),
        }

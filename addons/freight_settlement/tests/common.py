"""Fixtures: a company that is set up, a carrier with a contract, deliveries and bills."""

import uuid
from datetime import date, datetime

from odoo import Command
from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.freight_canonical.documents import Document
from odoo.tests import new_test_user

DELIVERED = datetime(2025, 3, 4, 15, 0)
BILLED = date(2025, 3, 6)


class SettlementCommon(AccountTestInvoicingCommon):
    """One company, one carrier: 520 kg at 12.40 per 100 kg is 64.48, minimum 75; fuel 20 %."""

    @classmethod
    def setUpClass(cls, chart_template_ref=None):
        super().setUpClass(chart_template_ref=chart_template_ref)
        cls.env = cls.env(
            user=cls.env.ref("base.user_root"),
            context=dict(
                cls.env.context,
                allowed_company_ids=(
                    cls.company_data["company"] | cls.company_data_2["company"]
                ).ids,
            ),
        )
        cls.company = cls.company_data["company"].with_env(cls.env)
        cls.company._freight_setup()
        cls.company.freight_auto_approval_limit = 1000
        # What fixtures report lies on fixed days: how long ago that is must not open cases.
        cls.company.write({"freight_pod_hours": 0, "freight_reference_hours": 0})
        cls.accrued = cls.company.freight_accrued_account_id
        cls.expense = cls.company.freight_expense_account_id
        cls.variance = cls.company.freight_variance_account_id
        cls.in_dispute = cls.company.freight_dispute_account_id
        cls.payable = cls.company_data["default_account_payable"]
        cls.carrier = cls.env["res.partner"].create(
            {
                "name": "Blue Ridge Freight",
                "is_company": True,
                "freight_is_carrier": True,
                "freight_scac": "BRFT",
                "property_account_payable_id": cls.payable.id,
                "property_supplier_payment_term_id": False,
            }
        )
        cls.system = cls.env["freight.system"].create(
            {"code": "brft_test", "name": "Blue Ridge EDI", "partner_id": cls.carrier.id}
        )
        cls.codes = {code.code: code for code in cls.env["freight.charge.code"].search([])}
        cls.contract = cls.make_contract(cls.company)

    @classmethod
    def make_contract(cls, company, **values):
        return cls.env["freight.contract"].create(
            {
                "name": "Blue Ridge LTL",
                "company_id": company.id,
                "carrier_id": cls.carrier.id,
                "currency_id": company.currency_id.id,
                "date_from": date(2025, 1, 1),
                "rate_ids": [
                    Command.create(
                        {
                            "code_id": cls.codes["400"].id,
                            "basis": "per_100kg",
                            "rate": 12.40,
                            "minimum": 75,
                        }
                    ),
                    Command.create(
                        {
                            "code_id": cls.codes["405"].id,
                            "basis": "percent_of_linehaul",
                            "rate": 20,
                        }
                    ),
                ],
                **values,
            }
        )

    @classmethod
    def make_shipments(cls, count=1, company=None, **values):
        """Return released shipments of 1,000 kg: freight 124.00, fuel 24.80."""
        company = company or cls.company
        shipments = cls.env["freight.shipment"].create(
            [
                {
                    "company_id": company.id,
                    "carrier_id": cls.carrier.id,
                    "shipper_id": company.partner_id.id,
                    "planned_pickup": datetime(2025, 3, 3, 12, 0),
                    "stop_ids": [
                        Command.create({"sequence": 1, "role": "pickup", "city": "Columbus"}),
                        Command.create({"sequence": 2, "role": "delivery", "city": "Dayton"}),
                    ],
                    "line_ids": [
                        Command.create({"name": "Pallets", "quantity": 4, "weight": 1000})
                    ],
                    **values,
                }
                for _number in range(count)
            ]
        )
        shipments.action_release()
        return shipments

    @classmethod
    def report(cls, shipments, type_code, occurred=DELIVERED, consume=True, **values):
        """Append one actual event to the ledger of each shipment, and let it be consumed."""
        events = cls.env["freight.event"]
        ids = events._append(
            [
                {
                    "shipment_id": shipment.id,
                    "company_id": shipment.company_id.id,
                    "type_code": type_code,
                    "classifier": "actual",
                    "occurred": occurred,
                    "received": occurred,
                    "source_id": cls.system.id,
                    "source_event_id": uuid.uuid4().hex,
                    "trace_id": shipment.trace_id,
                    **values,
                }
                for shipment in shipments
            ]
        )
        if consume:
            cls.consume()
        return events.browse(ids)

    @classmethod
    def consume(cls):
        """Work off what waits for the accrual consumer."""
        consumer = cls.env.ref("freight_settlement.consumer_accrual")
        work = cls.env["freight.event.work"].search([("consumer_id", "=", consumer.id)])
        work._queue_work()

    @classmethod
    def document(cls, shipment, lines, number="INV-1", **data):
        """Return the canonical document of a bill; lines are (code, amount)."""
        items = [
            {
                "sequence": sequence,
                "code": code,
                "raw_code": code,
                "description": f"Charge {code}",
                "amount": amount,
            }
            for sequence, (code, amount) in enumerate(lines, 1)
        ]
        total = sum(round(float(amount) * 100) for _code, amount in lines) / 100
        reference = shipment.name if shipment else "NOBODY-KNOWS"
        return Document(
            data={
                "kind": "invoice",
                "number": number,
                "date": BILLED.isoformat(),
                "currency": "USD",
                "total": f"{total:.2f}",
                "correction": None,
                "terms": "PP",
                "scac": "BRFT",
                "references": [{"type": "shipment", "value": reference}],
                "ship_date": "2025-03-03",
                "lines": items,
                **data,
            },
            system=cls.system,
            company=cls.env["res.company"],
            received=datetime(2025, 3, 6, 8, 0),
            trace_id=uuid.uuid4().hex,
        )

    @classmethod
    def bill(cls, shipment, lines=(("400", "124.00"), ("405", "24.80")), **data):
        """Let a bill arrive; returns the carrier invoice."""
        return cls.bills([cls.document(shipment, lines, **data)])

    @classmethod
    def bills(cls, documents):
        invoices = cls.env["freight.carrier.invoice"]
        known = invoices.search([])
        invoices._apply_freight_documents(documents)
        return (invoices.search([]) - known).sorted("id")

    @classmethod
    def new_user(cls, login, *groups, company=None):
        company = company or cls.company
        return new_test_user(
            cls.env,
            login,
            groups=",".join(groups),
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    @classmethod
    def as_user(cls, records, user):
        """Return ``records`` as ``user`` meets them: with the companies of the user only."""
        companies = {"allowed_company_ids": user.company_ids.ids}
        return records.with_user(user).with_context(**companies)

    def items(self, records):
        """Return journal items as sorted (account, debit - credit, shipment, charge, partner)."""
        lines = records if records._name == "account.move.line" else records.line_ids
        return sorted(
            (
                line.account_id.name,
                line.balance,
                line.freight_shipment_id.name or None,
                line.freight_charge_code_id.code or None,
                line.partner_id.name or None,
            )
            for line in lines
        )

    def assert_settled(self, shipment):
        """The accrued account is zero and reconciled for the shipment, and so is the sub-ledger."""
        lines = self.env["account.move.line"].search(
            [("freight_shipment_id", "=", shipment.id), ("account_id", "=", self.accrued.id)]
        )
        self.assertTrue(lines)
        self.assertAlmostEqual(sum(lines.mapped("balance")), 0.0)
        self.assertTrue(all(lines.mapped("reconciled")))
        self.assertTrue(all(lines.mapped("full_reconcile_id")))
        self.assertAlmostEqual(sum(shipment.freight_accrual_ids.mapped("amount")), 0.0)

    def assert_subledger_agrees(self, company=None):
        """The sub-ledger adds up to the accrued account."""
        company = company or self.company
        rows = self.env["freight.accrual"].search([("company_id", "=", company.id)])
        lines = self.env["account.move.line"].search(
            [
                ("account_id", "=", company.freight_accrued_account_id.id),
                ("parent_state", "=", "posted"),
            ]
        )
        self.assertAlmostEqual(sum(rows.mapped("amount")), -sum(lines.mapped("balance")))

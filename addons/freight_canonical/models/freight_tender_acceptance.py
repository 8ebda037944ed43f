from odoo import _, api, fields, models

from .. import db


class FreightTenderAcceptance(models.Model):
    """What a tender was accepted for: the carrier, and the charges agreed on.

    It lies beside the event that brought it and counts while that is the acceptance in force. So
    carrier and charges follow from the ledger, whatever the order in which it was written.
    """

    _name = "freight.tender.acceptance"
    _description = "Tender Acceptance"
    _order = "id desc"
    _rec_name = "scac"
    _log_access = False

    event_id = fields.Many2one("freight.event", required=True, ondelete="restrict")
    shipment_id = fields.Many2one(
        "freight.shipment", required=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one("res.company", required=True, ondelete="restrict", index=True)
    scac = fields.Char(string="SCAC", readonly=True)
    carrier_id = fields.Many2one(
        "res.partner",
        readonly=True,
        ondelete="restrict",
        help="Who accepted, as known when it did: its reports count though another one follows.",
    )
    charges = fields.Json(readonly=True, help="As canonical documents have them.")

    _sql_constraints = [("event_unique", "unique(event_id)", "One acceptance for each event.")]

    @api.model
    def _append(self, rows):
        """Add acceptances: (event id, shipment id, company id, scac, charges) rows."""
        if not rows:
            return
        companies = self.env["res.company"].browse({row[2] for row in rows})
        codes = {row[3] for row in rows if row[3]}
        partners = self.env["res.partner"]
        known = partners._freight_carriers_by_scac(codes, companies) if codes else {}
        columns = ("event_id", "shipment_id", "company_id", "scac", "charges", "carrier_id")
        rows = [(*row, known.get((row[3], row[2]), partners).id or None) for row in rows]
        db.insert_rows(self.env.cr, self._table, columns, rows)
        self.env["freight.shipment"].invalidate_model(["acceptance_ids"])
        self.invalidate_model()

    @api.model
    def _in_force(self, states):
        """Return {shipment id: its acceptance in force} of those that have one.

        :param states: {shipment id: :class:`~..shipment_state.State`}
        """
        identities = {
            (shipment, state.acceptance) for shipment, state in states.items() if state.acceptance
        }
        if not identities:
            return {}
        told = self.search([("shipment_id", "in", [shipment for shipment, _one in identities])])
        return {
            one.shipment_id.id: one
            for one in told
            if (one.shipment_id.id, one.event_id._identity()) in identities
        }

    def _charge_values(self):
        """Return the values of the charges agreed on; what no code is known for opens a case."""
        by_code = self.env["freight.charge.code"]._by_code
        codes = {company: by_code(company.id) for company in self.company_id}
        currencies = {currency.name: currency for currency in self.env["res.currency"].search([])}
        values = []
        for acceptance in self:
            for charge in acceptance.charges or ():
                code = codes[acceptance.company_id].get(charge["code"])
                currency = currencies.get(charge["currency"])
                if code and currency:
                    values.append(acceptance._values_of(charge, code, currency))
                else:
                    acceptance._report_unknown(charge)
        return values

    def _values_of(self, charge, code, currency):
        return {
            "shipment_id": self.shipment_id.id,
            "code_id": code.id,
            "currency_id": currency.id,
            "amount": float(charge["amount"]),
            "quantity": float(charge.get("quantity") or 1),
            "rate": float(charge.get("rate") or charge["amount"]),
            "unit": charge.get("unit"),
            "source": self.event_id.source_id.name,
        }

    def _report_unknown(self, charge):
        source = self.event_id.source_id
        self.env["freight.exception"]._raise_case(
            "unknown_code",
            f"{source.code}:charge:{charge['code']}:{charge['currency']}",
            _(
                "%(system)s sends a charge of %(amount)s %(currency)s under code %(code)s, which"
                " is no charge code or currency in use.",
                system=source.name,
                amount=charge["amount"],
                currency=charge["currency"],
                code=charge["code"],
            ),
            shipment=self.shipment_id,
        )

from odoo import SUPERUSER_ID, _, api, fields, models
from odoo.addons.freight_canonical.documents import iso_utc
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_amount

APPROVER = "freight_settlement.group_settlement_approver"
CLERK = "freight_settlement.group_settlement_clerk"

#: States of a bill that stands: its number is taken and its amounts count.
STANDING = ("received", "matched", "exception", "to_approve", "approved", "posted", "paid")
#: States in which a bill has used expectation.
APPROVED = ("approved", "posted", "paid")
#: States in which nobody has decided yet.
OPEN = ("received", "matched", "exception", "to_approve")
#: Failures of the audit that an approver may pay around: the expected part, the rest disputed.
PAYABLE_FAILURES = frozenset({"over", "unauthorised", "no_expectation", "header_over"})


class FreightCarrierInvoice(models.Model):
    """A carrier's bill as it was sent, with our verdict beside it.

    Nobody has the right to write here, so no form, import or RPC call gets past the audit: the
    actions check who asks and write with elevated rights themselves.
    """

    _name = "freight.carrier.invoice"
    _description = "Carrier Invoice"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "received desc, id desc"
    _mail_post_access = "read"
    _check_company_auto = True

    name = fields.Char(required=True, readonly=True, copy=False, default="/")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company currency"
    )
    state = fields.Selection(
        [
            ("received", "Received"),
            ("matched", "Matched"),
            ("exception", "Exception"),
            ("to_approve", "To approve"),
            ("approved", "Approved"),
            ("posted", "Posted"),
            ("paid", "Paid"),
            ("rejected", "Rejected"),
            ("duplicate", "Duplicate"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="received",
        index=True,
    )

    # As sent
    number = fields.Char(required=True, readonly=True, index="trigram")
    number_normalised = fields.Char(required=True, readonly=True)
    document = fields.Json(required=True, readonly=True, help="The canonical document, as sent.")
    carrier_id = fields.Many2one(
        "res.partner", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    scac = fields.Char(string="SCAC", readonly=True)
    date = fields.Date(string="Bill date", required=True, readonly=True)
    due_date = fields.Date(readonly=True)
    ship_date = fields.Date(readonly=True)
    correction = fields.Char(readonly=True, help="X12 element 202: what the bill corrects.")
    freight_terms = fields.Char(readonly=True)
    references = fields.Char(readonly=True)
    currency_code = fields.Char(readonly=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount_total = fields.Monetary(string="Billed", required=True, readonly=True)
    amount_tax = fields.Monetary(string="Tax", readonly=True)
    line_ids = fields.One2many("freight.carrier.invoice.line", "invoice_id", readonly=True)
    system_id = fields.Many2one("freight.system", readonly=True, ondelete="restrict")
    message_in_id = fields.Many2one(
        "freight.message.in", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    received = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    trace_id = fields.Char(readonly=True)

    # Our verdict
    shipment_id = fields.Many2one(
        "freight.shipment",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
    )
    candidate_ids = fields.Many2many(
        "freight.shipment", "freight_carrier_invoice_candidate_rel", readonly=True
    )
    verdict = fields.Selection(
        [
            ("matched", "Matched"),
            ("within_tolerance", "Within tolerance"),
            ("exception", "Exception"),
            ("duplicate", "Duplicate"),
            ("suspect", "Suspect"),
            ("rejected", "Rejected"),
        ],
        readonly=True,
        index=True,
    )
    failure_codes = fields.Char(string="Failures", readonly=True)
    explanation = fields.Text(readonly=True)
    rule_version = fields.Char(readonly=True)
    unearned = fields.Boolean(
        string="Billed early",
        readonly=True,
        help="Billed before the milestone at which freight counts as earned by the carrier.",
    )
    amount_approved = fields.Monetary(string="To pay", readonly=True)
    amount_disputed = fields.Monetary(string="Disputed", readonly=True)
    duplicate_of_id = fields.Many2one(
        "freight.carrier.invoice", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    duplicate_key = fields.Char(readonly=True, copy=False)

    # Decisions
    handler_ids = fields.Many2many(
        "res.users",
        "freight_carrier_invoice_handler_rel",
        string="Handled by",
        readonly=True,
        help="Who entered the bill or resolved its exception. They do not approve it.",
    )
    suspicion_cleared = fields.Boolean(readonly=True)
    decision_reason = fields.Text(readonly=True)
    approver_id = fields.Many2one("res.users", readonly=True)
    approved = fields.Datetime(readonly=True)
    approved_automatically = fields.Boolean(readonly=True)
    move_id = fields.Many2one(
        "account.move",
        string="Vendor bill",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
        copy=False,
    )

    def init(self):
        """Stop the same bill from coming in twice at the same moment; index the comparison."""
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS freight_carrier_invoice_duplicate_key
                ON freight_carrier_invoice (duplicate_key) WHERE duplicate_key IS NOT NULL;
            CREATE INDEX IF NOT EXISTS freight_carrier_invoice_number_normalised
                ON freight_carrier_invoice (number_normalised);
            CREATE INDEX IF NOT EXISTS freight_carrier_invoice_content
                ON freight_carrier_invoice (carrier_id, ship_date, amount_total);
            """
        )

    @api.depends("number", "carrier_id", "name")
    def _compute_display_name(self):
        for invoice in self:
            carrier = invoice.carrier_id.name or invoice.scac or ""
            invoice.display_name = f"{invoice.number} {carrier}".strip()

    @api.model_create_multi
    def create(self, vals_list):
        """Number the bills and note who entered them."""
        sequence = self.env.ref("freight_settlement.sequence_carrier_invoice").sudo()
        handlers = [fields.Command.link(uid) for uid in self._person().ids]
        return super().create(
            [{**vals, "name": sequence.next_by_id(), "handler_ids": handlers} for vals in vals_list]
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(_("A carrier's bill is evidence and stays. Reject it instead."))

    # Decisions ------------------------------------------------------------------------------------

    @api.model
    def _person(self):
        """Return the user at work, or nobody when a job of the system is."""
        return self.env.user if self.env.uid != SUPERUSER_ID else self.env["res.users"]

    def _check_may(self, group, states):
        """Refuse who does not have ``group``, and bills that are not in one of ``states``."""
        if not self.env.user.has_group(group):
            raise AccessError(
                _("Only a %s does this.", self.env.ref(group).display_name),
            )
        self.check_access_rights("read")
        self.check_access_rule("read")
        for invoice in self:
            if invoice.state not in states:
                labels = dict(self._fields["state"]._description_selection(self.env))
                raise UserError(
                    _(
                        "Bill %(number)s is %(state)s: nothing is left to decide.",
                        number=invoice.number,
                        state=labels[invoice.state].lower(),
                    )
                )

    def action_approve(self):
        """Approve these bills as audited, and post them.

        What failed the audit on a charge is paid as far as it is expected, the rest is disputed.

        :raise AccessError: for who is no approver, or had a hand in the bill or in its rates
        :raise UserError: when a gate failed, or the audit gives another result by now
        """
        self._check_may(APPROVER, ("exception", "to_approve", "matched"))
        self._check_separation_of_duties()
        waiting = self.sudo()
        while waiting:
            bills = waiting._one_for_each_shipment()
            waiting -= bills
            bills._check_approvable()
            bills._check_audit_still_holds()
            bills._approve(self.env.user)
        self.sudo()._open_cases()
        return True

    def _check_separation_of_duties(self):
        """Refuse whoever had a hand in a bill, its rates, its charges or its delivery."""
        user = self.env.user
        for invoice in self.sudo():
            rates = invoice.shipment_id.charge_ids.freight_rate_id
            roles = {
                _("entered the bill or resolved its exception"): invoice.handler_ids,
                _("maintained a rate that prices it"): rates.maintainer_ids,
                _("entered a charge that it rests on"): invoice._entered_charges().authoriser_ids,
                _("reported by hand what it rests on"): invoice.shipment_id.reporter_ids,
            }
            for role, users in roles.items():
                if user in users:
                    raise AccessError(
                        _(
                            "You %(role)s: somebody else approves bill %(number)s.",
                            role=role,
                            number=invoice.number,
                        )
                    )

    def _check_approvable(self):
        for invoice in self:
            failures = set((invoice.failure_codes or "").split())
            if failures - PAYABLE_FAILURES:
                raise UserError(
                    _(
                        "Bill %(number)s cannot be approved: %(why)s",
                        number=invoice.number,
                        why=invoice.explanation,
                    )
                )
            if failures and invoice.company_id.freight_failure_policy == "hold":
                raise UserError(
                    _(
                        "Bill %s failed the audit and the company holds such bills: correct what "
                        "is wrong and match again, or reject it.",
                        invoice.number,
                    )
                )

    def _check_audit_still_holds(self):
        """Refuse to approve on figures that another bill or a new price has overtaken."""
        before = {bill.id: (bill.amount_approved, bill.amount_disputed) for bill in self}
        self._audit()
        for bill in self:
            if before[bill.id] != (bill.amount_approved, bill.amount_disputed):
                raise UserError(
                    _(
                        "What is expected for bill %s has changed since it was audited. Match it "
                        "again and look at the new result.",
                        bill.number,
                    )
                )

    def _approve(self, user=None):
        """Approve and post these audited bills; without a user they approved themselves."""
        self.write(
            {
                "state": "approved",
                "approver_id": user and user.id,
                "approved": fields.Datetime.now(),
                "approved_automatically": not user,
            }
        )
        self._announce("approved")
        self._post_bills()

    def _reject(self, reason):
        """Reject these bills; ``reason`` is for people and goes to the carrier."""
        self._check_may(APPROVER, OPEN)
        self.sudo().write({"state": "rejected", "decision_reason": reason, "duplicate_key": False})
        self.sudo()._announce("rejected")
        self.sudo()._open_cases()

    def _clear_suspicion(self, reason):
        """Let suspect bills through as no duplicates, and audit them again."""
        self._check_may(CLERK, ("exception",))
        bills = self.sudo()
        bills.write(
            {
                "suspicion_cleared": True,
                "decision_reason": reason,
                "handler_ids": [fields.Command.link(self.env.uid)],
            }
        )
        bills._settle()

    def action_match_again(self):
        """Audit these bills again, after what was wrong around them has been put right."""
        self._check_may(CLERK, ("exception", "to_approve", "matched"))
        bills = self.sudo()
        bills.write({"handler_ids": [fields.Command.link(uid) for uid in self._person().ids]})
        bills._settle()
        return True

    def _note_payment(self):
        """Follow the vendor bills of these bills to paid and back."""
        for state, reached in (("paid", True), ("posted", False)):
            self.filtered(
                lambda bill, state=state, reached=reached: (
                    bill.state in ("posted", "paid")
                    and bill.state != state
                    and (bill.move_id.payment_state in ("paid", "in_payment")) is reached
                )
            ).write({"state": state})

    # What others are told -------------------------------------------------------------------------

    def _announce(self, outcome):
        """Emit ``invoice.<outcome>`` for these bills."""
        self._tell(f"invoice.{outcome}")

    def _tell(self, event_type):
        """Emit ``event_type`` for these bills; of carriers their own alone hears of it."""
        self.env["freight.emitter"]._emit(
            event_type,
            self,
            lambda bill: bill._announcement(),
            lambda bill: bill.shipment_id,
            lambda bill: bill.carrier_id,
        )

    def _announcement(self):
        """Return the bill as partners see it: amounts as decimal strings."""
        self.ensure_one()
        digits = self.currency_id.decimal_places
        return {
            "invoice": {
                "number": self.number,
                "carrier_scac": self.scac or self.carrier_id.freight_scac or None,
                "shipment": self.shipment_id.name or None,
                "currency": self.currency_code,
                "total": f"{self.amount_total:.{digits}f}",
                "approved": f"{self.amount_approved:.{digits}f}",
                "disputed": f"{self.amount_disputed:.{digits}f}",
                "verdict": self.verdict,
                "failures": (self.failure_codes or "").split(),
                "reason": self.decision_reason or None,
                "lines": [
                    {
                        "sequence": line.sequence,
                        "code": line.code_id.code or None,
                        "raw_code": line.raw_code or None,
                        "verdict": line.verdict or None,
                        "approved": f"{line.amount_approved:.{digits}f}",
                        "disputed": f"{line.amount_disputed:.{digits}f}",
                        "reason": line.reason_code or None,
                    }
                    for line in self.line_ids
                ],
            }
        }

    # Screens --------------------------------------------------------------------------------------

    def action_open_bill(self):
        """Open the vendor bill."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.move_id.id,
            "views": [[False, "form"]],
        }

    def action_open_shipment(self):
        """Open the shipment."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "freight.shipment",
            "res_id": self.shipment_id.id,
            "views": [[False, "form"]],
        }

    def _trace_invoice_nodes(self):
        """Return this bill and its match as nodes of the trace page."""
        self.ensure_one()
        states = dict(self._fields["state"]._description_selection(self.env))
        verdicts = dict(self._fields["verdict"]._description_selection(self.env))
        message = self.message_in_id
        common = {
            "model": self._name,
            "res_id": self.id,
            "time": iso_utc(self.received),
            "trace_id": self.trace_id,
        }
        return [
            {
                **common,
                "stage": "invoice",
                "title": self.number,
                "subtitle": self.carrier_id.name or self.scac,
                "amount": format_amount(self.env, self.amount_total, self.currency_id),
                "state": states[self.state],
                "parent": f"{message._name},{message.id}" if message else None,
            },
            {
                **common,
                "stage": "match",
                "title": verdicts.get(self.verdict, ""),
                "subtitle": self.explanation,
                "amount": format_amount(self.env, self.amount_approved, self.currency_id),
                "state": self.failure_codes or None,
                "parent": f"{self._name},{self.id}",
            },
        ]

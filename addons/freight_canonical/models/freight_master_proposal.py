from markupsafe import Markup
from odoo import _, api, fields, models
from odoo.addons.base.models.res_bank import sanitize_account_number
from odoo.exceptions import AccessError, UserError

from .. import masters

#: Kind of document -> the intake that adopts what a person decided.
INTAKES = {"party": "freight.party", "charge_code": "freight.charge.code.intake"}

#: Who decides what a party or a code is.
DECIDERS = "freight_canonical.group_freight_manager"


class FreightMasterProposal(models.Model):
    """Something that a system said of master data, and that only a person decides.

    A party or charge code that its system may not create, or that several may be; and every bank
    account, since who can change one by a message can have our money.
    """

    _name = "freight.master.proposal"
    _description = "Master Data to Review"
    _inherit = "freight.guarded"
    _order = "state, id desc"

    name = fields.Char(string="What", readonly=True)
    kind = fields.Selection(
        [("party", "Party"), ("charge_code", "Charge code"), ("bank", "Bank account")],
        required=True,
        readonly=True,
    )
    system_id = fields.Many2one("freight.system", required=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    number = fields.Char(string="Their number", required=True, readonly=True)
    why = fields.Text(string="Why it waits", readonly=True)
    said = fields.Json(readonly=True)
    said_text = fields.Text(string="What they say", compute="_compute_said_text")
    candidate_ids = fields.Many2many("res.partner", string="May be", readonly=True)
    partner_id = fields.Many2one(
        "res.partner", string="It is", ondelete="set null", help="Choose whom the number means."
    )
    acc_number = fields.Char(string="Account number", readonly=True)
    acc_bic = fields.Char(string="BIC", readonly=True)
    acc_holder = fields.Char(string="Account holder", readonly=True)
    state = fields.Selection(
        [("open", "To review"), ("accepted", "Accepted"), ("declined", "Declined")],
        required=True,
        readonly=True,
        default="open",
        index=True,
    )
    note = fields.Text(string="Reason", help="Why it was declined; needed to decline.")
    decider_id = fields.Many2one("res.users", string="Decided by", readonly=True)
    decided = fields.Datetime(string="Decided on", readonly=True)

    _sql_constraints = [
        (
            "waits_once",
            "EXCLUDE USING btree (system_id WITH =, company_id WITH =, kind WITH =, number WITH =,"
            " coalesce(acc_number, '') WITH =) WHERE (state = 'open')",
            "This waits for a person already.",
        ),
    ]

    @api.model
    def _guarded(self):
        return super()._guarded() | set(self._fields) - {
            "partner_id", "note", "id", "display_name", "create_uid", "create_date", "write_uid",
            "write_date", "__last_update",
        }  # fmt: skip

    @api.depends("said", "kind")
    @api.depends_context("lang")
    def _compute_said_text(self):
        for proposal in self:
            if proposal.kind == "bank" or not proposal.said:
                proposal.said_text = ""
                continue
            target = self.env[self.env[INTAKES[proposal.kind]]._target]
            labels = target._master_labels()
            proposal.said_text = "\n".join(
                f"{labels[path]}: {', '.join(value) if isinstance(value, list) else value}"
                for path, value in masters.values_of(proposal.said).items()
                if value not in (None, False, "")
            )

    # Asking -------------------------------------------------------------------------------------

    @api.model
    def _kept(self, kind, system, company, numbers):
        """Return {number: proposal} of what was said of things that are not known here."""
        rows = self.search(
            [
                ("kind", "=", kind),
                ("system_id", "=", system.id),
                ("company_id", "=", company.id),
                ("number", "in", list(numbers)),
                ("state", "in", ("open", "declined")),
            ],
            order="id",
        )
        return {row.number: row for row in rows}

    @api.model
    def _ask(self, kind, system, company, heard):
        """Put what cannot be decided here before a person; once, however often it is said.

        What was declined is asked again only where its system says something else by now.

        :param heard: list of :class:`~.freight_master_intake.Heard`
        """
        kept = self._kept(kind, system, company, {one.number for one in heard})
        new = []
        for one in heard:
            proposal = kept.get(one.number)
            if proposal and proposal.state == "declined" and not self._is_other(proposal, one):
                one.detail.append(
                    _(
                        "%(who)s declined it: %(why)s",
                        who=proposal.decider_id.name,
                        why=proposal.note,
                    )
                )
                continue
            one.detail.append(_("It waits under Parties to review."))
            values = self._values_of(system, one)
            if proposal and proposal.state == "open":
                proposal.write(values)
            else:
                new.append(
                    {
                        **values,
                        "kind": kind,
                        "system_id": system.id,
                        "company_id": company.id,
                        "number": one.number,
                    }
                )
        self._open(new)

    @api.model
    def _is_other(self, proposal, heard):
        return masters.values_of(proposal.said or {}) != heard.values

    @api.model
    def _values_of(self, system, heard):
        doubtful = heard.candidates is not None
        candidates = heard.candidates if doubtful else []
        is_partner = doubtful and heard.candidates._name == "res.partner"
        if doubtful and is_partner:
            why = _("It may be one of several, or one that %s calls otherwise.", system.name)
        elif doubtful:
            why = _("Its code is taken.")
        else:
            why = _(
                "It is not known here, and %s is not the system of record that may create it.",
                system.name,
            )
        return {
            "name": heard.values.get("name") or heard.number,
            "said": heard.said,
            "why": " ".join([why, *heard.detail[:-1]]),
            "candidate_ids": [(6, 0, candidates.ids)] if is_partner else [(5, 0, 0)],
        }

    @api.model
    def _ask_accounts(self, system, company, accounts):
        """Put bank accounts before a person that nobody approved yet.

        :param accounts: list of (:class:`~.freight_master_intake.Heard`, account as said)
        """
        if not accounts:
            return
        partners = self.env["res.partner"].union(
            *(heard.record for heard, _account in accounts if heard.record)
        )
        banks = self.env["res.partner.bank"].sudo().with_context(active_test=False)
        known = {
            (bank.partner_id.id, bank.sanitized_acc_number)
            for bank in banks.search([("partner_id", "in", partners.ids)])
        }
        asked = {
            (one.number, one.acc_number)
            for one in self.search(
                [
                    ("kind", "=", "bank"),
                    ("system_id", "=", system.id),
                    ("company_id", "=", company.id),
                    ("number", "in", [heard.number for heard, _account in accounts]),
                    ("state", "in", ("open", "declined")),
                ]
            )
        }
        new = {}
        for heard, account in accounts:
            number = sanitize_account_number(account["number"])
            of_partner = heard.record and (heard.record.id, number) in known
            if of_partner or (heard.number, number) in asked:
                continue
            heard.detail.append(_("Its bank account waits for approval."))
            new[heard.number, number] = {
                "kind": "bank",
                "name": _("Bank account of %s", heard.values.get("name") or heard.number),
                "system_id": system.id,
                "company_id": company.id,
                "number": heard.number,
                "partner_id": heard.record.id if heard.record else False,
                "acc_number": number,
                "acc_bic": account.get("bic"),
                "acc_holder": account.get("holder"),
                "why": _("Bank accounts are never taken from messages: call whom you know there."),
            }
        self._open(list(new.values()))

    @api.model
    def _open(self, rows):
        proposals = self.create(rows)
        self.env["freight.exception"]._raise_cases(
            [
                {
                    "code": "master_review",
                    "key": proposal._case_key(),
                    "description": f"{proposal.system_id.name} {proposal.number},"
                    f" {proposal.name}: {proposal.why}",
                    "company": proposal.company_id,
                }
                for proposal in proposals
            ]
        )

    def _case_key(self):
        return f"proposal:{self.id}"

    # Deciding -----------------------------------------------------------------------------------

    @api.model
    def _approvers_of_accounts(self):
        """Return the group that approves bank accounts. The settlement addon names its own."""
        return DECIDERS

    def _check_may_decide(self):
        """Check that this user may decide these open proposals.

        :raise AccessError: who may not
        :raise UserError: what was decided already
        """
        self.check_access_rights("write")
        self.check_access_rule("write")
        for proposal in self:
            deciders = self._approvers_of_accounts() if proposal.kind == "bank" else DECIDERS
            if not self.env.user.has_group(deciders):
                group = self.env.ref(deciders).sudo()
                raise AccessError(_("Members of %s alone decide this.", group.full_name))
            if proposal.state != "open":
                raise UserError(_("%s was decided already.", proposal.name))

    def action_create(self):
        """Create what was proposed, and know it by its number from now on."""
        self._check_may_decide()
        for proposal in self:
            if proposal.kind == "bank":
                raise UserError(_("A bank account is approved, not created."))
            if proposal.kind == "party":
                self.env["res.partner"].check_access_rights("create")
            proposal._adopt()
        return True

    def action_link(self):
        """Know the chosen partner by this number from now on.

        :raise UserError: when none is chosen
        """
        self._check_may_decide()
        for proposal in self:
            if proposal.kind != "party" or not proposal.partner_id:
                raise UserError(_("Choose first whom the number means."))
            proposal.partner_id.check_access_rule("read")
            proposal._adopt(proposal.partner_id.sudo())
        return True

    def action_merge(self):
        """Open Odoo's own merge wizard for the candidates."""
        self.ensure_one()
        if len(self.candidate_ids) < 2:
            raise UserError(_("There is nothing to merge: link it, or create a new one."))
        return {
            "type": "ir.actions.act_window",
            "name": _("Merge"),
            "res_model": "base.partner.merge.automatic.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"active_model": "res.partner", "active_ids": self.candidate_ids.ids},
        }

    def action_approve(self):
        """Add the bank account to its partner.

        :raise UserError: while nobody knows whose number it is
        """
        self._check_may_decide()
        for proposal in self:
            if proposal.kind != "bank":
                raise UserError(_("Only bank accounts are approved."))
            partner = proposal.partner_id or proposal._partner_by_number()
            if not partner:
                raise UserError(
                    _("Decide first who %s is, under Parties to review.", proposal.number)
                )
            self.env["res.partner.bank"].sudo().create(
                {
                    "partner_id": partner.id,
                    "acc_number": proposal.acc_number,
                    "acc_holder_name": proposal.acc_holder,
                    "bank_id": self._bank_of(proposal.acc_bic).id,
                }
            )
            partner.sudo()._message_log(
                body=Markup("<p>%s</p>")
                % _(
                    "Bank account ending in %(end)s, told by %(system)s, was approved by %(who)s.",
                    end=proposal.acc_number[-4:],
                    system=proposal.system_id.name,
                    who=self.env.user.name,
                )
            )
            proposal._decide("accepted", partner)
        return True

    def action_decline(self):
        """Keep it out; it is asked again only where something else is said.

        :raise UserError: without a reason
        """
        self._check_may_decide()
        for proposal in self:
            if not (proposal.note or "").strip():
                raise UserError(_("Say why: write a reason, then decline."))
            proposal._decide("declined")
        return True

    def _adopt(self, partner=None):
        intake = self.env[INTAKES[self.kind]]
        record = intake._adopt(
            self.system_id.sudo(), self.company_id.sudo(), self.number, self.said, partner
        )
        self._decide("accepted", record if self.kind == "party" else None)

    @api.model
    def _bank_of(self, bic):
        banks = self.env["res.bank"].sudo()
        return banks.search([("bic", "=", bic)], limit=1) if bic else banks

    def _partner_by_number(self):
        known = (
            self.env["freight.master.identity"]
            .sudo()
            ._known(self.system_id, self.company_id, "partner_id", [self.number])
        )
        return known[self.number].partner_id if self.number in known else None

    def _decide(self, state, partner=None):
        self.sudo().write(
            {
                "state": state,
                "decider_id": self.env.uid,
                "decided": fields.Datetime.now(),
                **({"partner_id": partner.id} if partner else {}),
            }
        )
        self.env["freight.audit"]._note(
            "approve" if state == "accepted" else "decline",
            self,
            why=self.note or None,
            after={"number": self.number, "partner": self.partner_id.display_name or None},
            stream="money" if self.kind == "bank" else "configuration",
            role="approved",
        )
        self.env["freight.exception"].sudo()._close_cases(
            "master_review", [self._case_key()], _("A person decided it."), self.company_id
        )

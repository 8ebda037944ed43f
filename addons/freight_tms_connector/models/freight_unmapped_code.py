from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.osv import expression

from .freight_message_in_unmapped import RERUN


class FreightUnmappedCode(models.Model):
    """A partner's code that no code map knows, until a person says once what it means.

    Whatever waited for it is run again then: messages that could not be applied, and events that
    were kept under type "unknown".
    """

    _name = "freight.unmapped.code"
    _description = "Unmapped Code"
    _inherit = ["freight.guarded", "mail.activity.mixin"]
    _order = "last_seen desc, id desc"
    _rec_name = "source_code"

    mapping_id = fields.Many2one(
        "freight.mapping", required=True, readonly=True, ondelete="cascade"
    )
    system_id = fields.Many2one(
        "freight.system", required=True, readonly=True, ondelete="cascade", index=True
    )
    map_name = fields.Char(string="Code map", required=True, readonly=True)
    source_code = fields.Char(string="Their code", required=True, readonly=True)
    kind = fields.Char(string="Document", readonly=True)
    target = fields.Char(string="Field", readonly=True)
    target_code = fields.Char(string="Our code", compute="_compute_target_code")
    state = fields.Selection(
        [("open", "Open"), ("mapped", "Mapped"), ("dismissed", "Dismissed")],
        required=True,
        readonly=True,
        default="open",
    )
    reason = fields.Char(string="Why it is dismissed", readonly=True)
    user_id = fields.Many2one("res.users", string="Owner", domain="[('share', '=', False)]")
    message_count = fields.Integer(string="Messages", readonly=True)
    first_seen = fields.Datetime(readonly=True)
    last_seen = fields.Datetime(readonly=True)
    message_id = fields.Many2one(
        "freight.message.in", string="For example", readonly=True, ondelete="set null"
    )

    _sql_constraints = [
        (
            "once",
            "unique(mapping_id, system_id, map_name, source_code)",
            "This code waits already.",
        ),
    ]

    @api.model
    def _guarded(self):
        return {*self._fields} - {"user_id", *self.env["mail.activity.mixin"]._fields}

    @api.depends("state")
    def _compute_target_code(self):
        for code in self:
            code.target_code = code._known_as() or False

    def _known_as(self):
        """Return our code for it by now, None for none."""
        self.ensure_one()
        version = self.sudo().mapping_id.active_version_id
        if not version:
            return None
        compiled = self.env["freight.mapping"]._compiled_for(version, self.sudo().system_id)
        return compiled.code_maps.get(self.map_name, {}).get(self.source_code)

    # What people do -------------------------------------------------------------------------------

    def action_map(self):
        """Ask what this code means."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": _("What does %(code)s of %(system)s mean?", code=self.source_code,
                      system=self.system_id.name),
            "res_model": "freight.unmapped.map",
            "view_mode": "form",
            "target": "new",
            "context": {"default_code_id": self.id, "freight_unmapped_code_id": self.id},
        }  # fmt: skip

    def action_dismiss(self):
        """Ask why these codes need no meaning."""
        return {
            "type": "ir.actions.act_window",
            "name": _("Dismiss"),
            "res_model": "freight.unmapped.dismiss",
            "view_mode": "form",
            "target": "new",
            "context": {"default_code_ids": self.ids},
        }

    def action_reopen(self):
        """Put dismissed codes back on the list."""
        self._check_may_map()
        self.filtered(lambda code: code.state == "dismissed").sudo().write(
            {"state": "open", "reason": False}
        )

    def action_open_messages(self):
        """Open the messages that met this code."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": _("Messages with %s", self.source_code),
            "res_model": "freight.message.in",
            "view_mode": "tree,form",
            "domain": [("sighting_ids", "any", self._sightings_domain())],
        }

    def _check_may_map(self):
        self.check_access_rights("write")
        self.check_access_rule("write")

    def _dismiss(self, reason):
        """Take open codes off the list; they keep their count.

        :raise UserError: without a reason
        """
        self._check_may_map()
        if not (reason or "").strip():
            raise UserError(_("Say why before you dismiss a code."))
        self.filtered(lambda code: code.state == "open").sudo().write(
            {"state": "dismissed", "reason": reason}
        )

    def _map(self, target_code, for_all):
        """Say what this code means: for its system, or for all who send by its mapping.

        :raise ValidationError: when ``target_code`` is no value of the field it is for
        """
        self._check_may_map()
        self.ensure_one()
        self._check_target(target_code)
        owner = ("mapping_id", self.mapping_id) if for_all else ("system_id", self.system_id)
        lines = self.env["freight.code.map.line"]
        line = lines.search(
            [
                (owner[0], "=", owner[1].id),
                ("map_name", "=", self.map_name),
                ("source_code", "=", self.source_code),
            ]
        )
        if line:
            line.target_code = target_code
            return
        lines.create(
            {
                owner[0]: owner[1].id,
                "map_name": self.map_name,
                "source_code": self.source_code,
                "target_code": target_code,
            }
        )

    def _check_target(self, target_code):
        allowed = self._choices()
        if not (target_code or "").strip():
            raise ValidationError(_("Say which of our codes %s stands for.", self.source_code))
        if allowed and target_code not in dict(allowed):
            raise ValidationError(
                _(
                    "%(code)s is no value of %(field)s. Choose one of the list.",
                    code=target_code,
                    field=self.target,
                )
            )

    def _choices(self):
        """Return [(code, name)] of what the field may hold, empty where anything goes."""
        self.ensure_one()
        return self.env["freight.code.choices"]._of(
            self.kind, self.target, self.sudo().system_id.company_id
        )

    # What waited ----------------------------------------------------------------------------------

    def _sightings_domain(self):
        return expression.OR(
            [
                [
                    ("mapping_id", "=", code.mapping_id.id),
                    ("system_id", "=", code.system_id.id),
                    ("map_name", "=", code.map_name),
                    ("source_code", "=", code.source_code),
                ]
                for code in self
            ]
        )

    @api.model
    def _concerned(self, places):
        """Return the codes that lines of a code map are about.

        :param places: {(mapping id or False, system id or False, map name, their code)}
        """
        if not places:
            return self.sudo()
        return self.sudo().search(
            expression.OR(
                [
                    [
                        ("mapping_id" if mapping else "system_id", "=", mapping or system),
                        ("map_name", "=", name),
                        ("source_code", "=", code),
                    ]
                    for mapping, system, name, code in sorted(places)
                ]
            )
        )

    def _judge(self):
        """Note which of these codes are known by now; return those of which it is news."""
        known = self.filtered(lambda code: code._known_as() is not None)
        news = known.filtered(lambda code: code.state != "mapped")
        known.write({"state": "mapped", "reason": False})
        (self - known).filtered(lambda code: code.state == "mapped").write({"state": "open"})
        return news

    def _rejudge(self):
        """Judge these codes, and run again the messages that read them otherwise than today."""
        self._judge()
        self._run_outdated()

    def _run_outdated(self):
        outdated = [
            expression.AND([code._sightings_domain(), [("meant", "!=", code._known_as() or False)]])
            for code in self
        ]
        if outdated:
            met = [("sighting_ids", "any", expression.OR(outdated)), ("state", "in", RERUN)]
            reason = _("Codes are mapped otherwise now: %s.", ", ".join(self.mapped("source_code")))
            self.env["freight.message.in"].sudo().search(met)._run_again(reason)

    @api.autovacuum
    def _gc_counts(self):
        """Set the counts right, and run again what was mapped unnoticed."""
        self.env.cr.execute(
            """
            UPDATE freight_unmapped_code c SET message_count = s.messages
              FROM (SELECT mapping_id, system_id, map_name, source_code, count(*) AS messages
                      FROM freight_unmapped_sighting WHERE counted GROUP BY 1, 2, 3, 4) s
             WHERE (c.mapping_id, c.system_id, c.map_name, c.source_code)
                 = (s.mapping_id, s.system_id, s.map_name, s.source_code)
               AND c.message_count != s.messages
            """
        )
        self.invalidate_model(["message_count"])
        self.search([("state", "=", "open")])._judge()._run_outdated()


class FreightMessageIn(models.Model):
    _inherit = "freight.message.in"

    sighting_ids = fields.One2many(
        "freight.unmapped.sighting", "message_id", string="Unmapped codes", readonly=True
    )

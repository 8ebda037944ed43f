from odoo import _, api, fields, models, tools


class FreightPartnerDuplicate(models.Model):
    """Partners that may be one and the same: they share a number or a name.

    A row without company is about partners shared by all companies; one of a company counts those
    and its own, and no other's.
    """

    _name = "freight.partner.duplicate"
    _description = "Partners to Merge"
    _auto = False
    _order = "criterion, shared, id"
    _rec_name = "shared"

    criterion = fields.Selection(
        [
            ("vat", "VAT number"),
            ("scac", "SCAC"),
            ("bank", "Bank account"),
            ("name", "Name"),
        ],
        string="They share",
        readonly=True,
    )
    shared = fields.Char(string="Which", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    partner_count = fields.Integer(string="Partners", readonly=True)
    partner_ids = fields.Many2many(
        "res.partner", string="Who", compute="_compute_partner_ids", readonly=True
    )

    def init(self):
        """Make the view: one row for each value shared, in each scope of company."""
        tools.drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(
            """
            CREATE VIEW freight_partner_duplicate AS
            WITH said AS (
                SELECT id, company_id, 'vat' AS criterion,
                       regexp_replace(upper(vat), '[^0-9A-Z]', '', 'g') AS shared
                  FROM res_partner WHERE active AND id = commercial_partner_id
                UNION ALL
                SELECT id, company_id, 'scac', upper(freight_scac)
                  FROM res_partner WHERE active AND id = commercial_partner_id
                UNION ALL
                SELECT p.commercial_partner_id, c.company_id, 'bank', b.sanitized_acc_number
                  FROM res_partner_bank b JOIN res_partner p ON p.id = b.partner_id
                  JOIN res_partner c ON c.id = p.commercial_partner_id
                 WHERE b.active AND c.active
                UNION ALL
                SELECT id, company_id, 'name', regexp_replace(
                           regexp_replace(upper(name),
                               '\\m(GMBH|INC|LLC|LTD|LIMITED|CORP|CO|AG|SA|SARL|BV|NV|KG)\\M',
                               '', 'g'),
                           '[^[:alnum:]]', '', 'g')
                  FROM res_partner WHERE active AND id = commercial_partner_id
            ),
            member AS (SELECT DISTINCT id, company_id, criterion, shared FROM said
                        WHERE shared <> ''),
            scope AS (SELECT DISTINCT criterion, shared, company_id FROM member),
            grouped AS (
                SELECT s.criterion, s.shared, s.company_id, array_agg(m.id ORDER BY m.id) AS members
                  FROM scope s JOIN member m
                    ON m.criterion = s.criterion AND m.shared = s.shared
                   AND (m.company_id IS NULL OR m.company_id = s.company_id)
                 GROUP BY s.criterion, s.shared, s.company_id HAVING count(*) > 1
            )
            SELECT row_number() OVER (ORDER BY criterion, shared, company_id)::integer AS id,
                   criterion, shared, company_id, cardinality(members) AS partner_count, members
              FROM grouped
            """
        )

    @api.depends("criterion", "shared")
    def _compute_partner_ids(self):
        self.env["res.partner"].flush_model()
        self.env.cr.execute(
            "SELECT id, members FROM freight_partner_duplicate WHERE id IN %s",
            [tuple(self.ids) or (0,)],
        )
        members = dict(self.env.cr.fetchall())
        for row in self:
            row.partner_ids = self.env["res.partner"].browse(members.get(row.id, []))

    def action_merge(self):
        """Open Odoo's own merge wizard for the partners of this row."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": _("Merge %s", self.shared),
            "res_model": "base.partner.merge.automatic.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"active_model": "res.partner", "active_ids": self.partner_ids.ids},
        }

from odoo import fields, models


class FreightExceptionResolve(models.TransientModel):
    """Resolves one case, or many in the same way."""

    _name = "freight.exception.resolve"
    _description = "Resolve Exceptions"

    case_ids = fields.Many2many(
        "freight.exception",
        required=True,
        domain=[("state", "=", "open")],
    )
    resolution_id = fields.Many2one("freight.exception.resolution", required=True)
    note = fields.Text(string="What was done", required=True)

    def action_resolve(self):
        """Close the cases that are still open, as this person.

        :raise AccessError: for who may not work on exceptions
        """
        self.ensure_one()
        cases = self.case_ids.filtered(lambda case: case.state == "open")
        cases.write({"resolution_id": self.resolution_id.id, "resolution": self.note})
        cases.action_resolve()
        return {"type": "ir.actions.act_window_close"}

from markupsafe import Markup
from odoo import _, api, fields, models
from odoo.exceptions import UserError


class FreightMappingTryOut(models.TransientModel):
    """Shows what an outbound mapping would write, and sends nothing.

    The result is worked out when it is looked at and kept nowhere.
    """

    _name = "freight.mapping.try.out"
    _description = "Try an Outbound Mapping"
    _rec_name = "version_id"

    version_id = fields.Many2one("freight.mapping.version", required=True, ondelete="cascade")
    endpoint_id = fields.Many2one(
        "freight.endpoint", required=True, help="Whose envelope, formats and codes are used."
    )
    event_type = fields.Char(string="Event", required=True, default="shipment.released")
    shipment_id = fields.Many2one("freight.shipment", help="As it would be released now.")
    message_id = fields.Many2one(
        "freight.message.out",
        string="Or a past message",
        domain="[('media_type', '=', 'application/cloudevents+json')]",
        help="One that went as a CloudEvent, or that could not be written.",
    )
    ran = fields.Boolean()
    result = fields.Html(compute="_compute_result", sanitize=False)

    def action_run(self):
        """Show what this version writes.

        :raise UserError: without a shipment or a message
        """
        self.ensure_one()
        if not (self.shipment_id or self.message_id):
            raise UserError(_("Choose a shipment, or a message that was sent before."))
        self.ran = True
        return {
            "type": "ir.actions.act_window",
            "name": _("Try %s", self.version_id.display_name),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }

    @api.depends("ran", "version_id", "endpoint_id", "shipment_id", "message_id", "event_type")
    def _compute_result(self):
        for wizard in self:
            ready = wizard.ran and wizard.endpoint_id and (wizard.shipment_id or wizard.message_id)
            wizard.result = wizard._tried() if ready else False

    def _tried(self):
        trial = self.env["freight.mapping.trial"]
        event = (
            trial._event_of_message(self.message_id)
            if self.message_id
            else trial._event_of_shipment(self.shipment_id, self.event_type)
        )
        made = trial._made_out(self.version_id, event, self.endpoint_id)
        if made.error:
            return Markup('<div class="alert alert-danger">%s</div>') % made.error
        written = Markup('<pre class="o_freight_written">%s</pre>') % made.text
        return self._segment_table(made.segments) + written if made.segments else written

    @api.model
    def _segment_table(self, segments):
        """Return segments with their names as a table; whatever stands in them is escaped."""
        element = Markup(
            '<span class="d-inline-block me-3"><small class="text-muted">%s</small><br/>'
            "<code>%s</code></span>"
        )
        row = Markup(
            '<tr><td style="padding-left: %srem"><strong>%s</strong><br/>'
            '<small class="text-muted">%s</small></td><td>%s</td></tr>'
        )
        rows = Markup().join(
            row % (
                segment["level"],
                segment["tag"],
                segment["name"],
                Markup().join(
                    element % (one["name"] or one["key"], one["value"])
                    for one in segment["elements"]
                ),
            )
            for segment in segments
        )  # fmt: skip
        return Markup('<table class="table table-sm">%s</table>') % rows

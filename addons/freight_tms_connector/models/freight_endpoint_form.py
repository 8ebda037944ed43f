"""In what form an endpoint is told of what happens, and the envelope around EDI."""

from datetime import timezone
from fnmatch import fnmatchcase

from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

from .. import writing

#: X12 and EDIFACT name the parties of an interchange; GS and UNB have room for so many characters.
_ID_WIDTH = {"x12": 15, "edifact": 35}


class FreightEndpointForm(models.Model):
    """Which outbound mapping writes which announcements to an endpoint. The first that fits counts.

    What no form fits goes as a CloudEvent.
    """

    _name = "freight.endpoint.form"
    _description = "Form of Messages Out"
    _inherit = "freight.guarded"
    _order = "endpoint_id, sequence, id"
    _rec_name = "pattern"

    endpoint_id = fields.Many2one("freight.endpoint", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="endpoint_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    pattern = fields.Char(
        string="Events",
        required=True,
        default="tender.*",
        help="Event names, such as tender.sent or shipment.*; * stands for anything.",
    )
    mapping_id = fields.Many2one(
        "freight.mapping",
        string="Written by",
        required=True,
        ondelete="restrict",
        domain="[('direction', '=', 'out')]",
    )
    codec = fields.Selection(related="mapping_id.codec")
    active = fields.Boolean(default=True)

    @api.constrains("mapping_id", "endpoint_id")
    def _check_mapping(self):
        for form in self:
            if form.mapping_id.direction != "out":
                raise ValidationError(
                    _(
                        "%s reads what they send us: choose an outbound mapping.",
                        form.mapping_id.name,
                    )
                )
            form.endpoint_id._check_interchange_ids()


class FreightEndpoint(models.Model):
    _inherit = "freight.endpoint"

    form_ids = fields.One2many("freight.endpoint.form", "endpoint_id", string="Forms")
    edi_sender = fields.Char(string="Our id", help="ISA06, UNB sender.")
    edi_sender_qualifier = fields.Char(string="Kind of our id", help="ISA05, such as ZZ, 02, 14.")
    edi_receiver = fields.Char(string="Their id", help="ISA08, UNB recipient.")
    edi_receiver_qualifier = fields.Char(string="Kind of their id", help="ISA07.")
    edi_group_sender = fields.Char(string="Our id in the group", help="GS02. Empty: our id.")
    edi_group_receiver = fields.Char(string="Their id in the group", help="GS03. Empty: their id.")
    edi_version = fields.Char(string="X12 version", default="004010", help="GS08.")
    edi_syntax = fields.Selection(
        [
            ("UNOA", "UNOA: capitals"),
            ("UNOB", "UNOB: ASCII"),
            ("UNOC", "UNOC: Western Europe"),
            ("UNOY", "UNOY: UTF-8"),
        ],
        string="EDIFACT characters",
        default="UNOC",
    )
    edi_replacement = fields.Char(
        string="Instead of delimiters",
        size=1,
        help="X12 cannot write the characters * ~ > in a text: this one is written for them. Empty:"
        " such a message is not sent, and a person decides.",
    )

    @api.constrains("edi_sender", "edi_receiver", "edi_replacement")
    def _check_interchange_ids(self):
        """Refuse an endpoint whose forms need the parties of an interchange that it lacks."""
        for endpoint in self:
            for codec in {"x12", "edifact"} & set(endpoint.form_ids.mapped("codec")):
                ids = (endpoint.edi_sender or "", endpoint.edi_receiver or "")
                if not all(0 < len(one.strip()) <= _ID_WIDTH[codec] for one in ids):
                    raise ValidationError(
                        _(
                            "%(endpoint)s: enter our id and theirs for the interchange, up to"
                            " %(width)s characters each, under Forms.",
                            endpoint=endpoint.name,
                            width=_ID_WIDTH[codec],
                        )
                    )
            if endpoint.edi_replacement and endpoint.edi_replacement in "*~>\r\n^":
                raise ValidationError(_("The replacement must be no delimiter itself."))

    def _form_for(self, event_type):
        """Return the form in which this endpoint is told of ``event_type``, empty for none."""
        self.ensure_one()
        fitting = self.sudo().form_ids.filtered(lambda one: fnmatchcase(event_type, one.pattern))
        return fitting.sorted(lambda one: (one.sequence, one.id))[:1]

    def _envelope(self, control=1, group_control=1):
        """Return the :class:`~..writing.Envelope` around what this endpoint is sent now."""
        self.ensure_one()
        return writing.Envelope(
            sender=self.edi_sender or "",
            receiver=self.edi_receiver or "",
            moment=fields.Datetime.now().replace(tzinfo=timezone.utc),
            control=control,
            group_control=group_control,
            sender_qualifier=self.edi_sender_qualifier or "",
            receiver_qualifier=self.edi_receiver_qualifier or "",
            application_sender=self.edi_group_sender or "",
            application_receiver=self.edi_group_receiver or "",
            version=self.edi_version or "",
            syntax=self.edi_syntax or "",
            replacement=self.edi_replacement or "",
            test=self.environment != "production",
        )

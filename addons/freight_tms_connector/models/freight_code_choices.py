from odoo import api, models
from odoo.addons.freight_canonical import units

from .. import schema_values

#: (kind of document, field) -> the list of codes that its values are from.
CODE_LISTS = {
    ("event", "type"): "freight.event.type",
    ("event", "reason"): "freight.exception.reason",
    ("shipment", "equipment[].type"): "freight.equipment.type",
}
#: What ends the name of a field -> its units.
UNITS = {
    "weight_unit": units.KILOGRAMS,
    "volume_unit": units.CUBIC_METRES,
    "distance_unit": units.KILOMETRES,
}
#: What an event is when nobody knows, which is no meaning to choose.
UNKNOWN = "unknown"


class FreightCodeChoices(models.AbstractModel):
    """What a field of a canonical document may hold, where that is a list."""

    _name = "freight.code.choices"
    _description = "Choices of Codes"

    @api.model
    def _of(self, kind, target, company):
        """Return [(code, what people call it)] of a field; empty where anything goes.

        :param str target: the path of the field, such as ``lines[].code``
        :param company: whose own codes are among them, beside the shared ones
        """
        model = CODE_LISTS.get((kind, target))
        if schema_values.definition(kind, target) == schema_values.CHARGE_CODES:
            model = "freight.charge.code"
        if model:
            rows = self.env[model]._known_to((company or self.env.company).id)
            rows = rows.filtered(lambda row: row.active and row.code != UNKNOWN)
            names = {row.code: f"{row.with_env(self.env).sudo().name} ({row.code})" for row in rows}
            return sorted(names.items(), key=lambda choice: choice[1])
        values = schema_values.enumerated(kind, target)
        if values is None:
            values = UNITS.get(target.rpartition(".")[2], ())
        return [(value, value.replace("_", " ").capitalize()) for value in values]

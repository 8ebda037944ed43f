from odoo import api, models

from .. import ownership


class FreightOwned(models.AbstractModel):
    """Records whose fields may belong to another system than Odoo: people leave those to it.

    What people may not change is refused by whatever way they come; the system itself passes.
    """

    _name = "freight.owned"
    _description = "Owned Freight Record"

    @api.model_create_multi
    def create(self, vals_list):
        """Create, unless the rows of this model are another system's.

        :raise UserError: naming the system of record and what to do
        """
        records = super().create(vals_list)
        records._check_rows_are_ours("create")
        return records

    def write(self, vals):
        """Write, unless a field that changes is another system's.

        :raise UserError: naming the fields, the system of record and what to do
        """
        self._check_fields_are_ours(vals)
        return super().write(vals)

    def unlink(self):
        """Delete, unless the rows of this model are another system's.

        :raise UserError: naming the system of record and what to do
        """
        self._check_rows_are_ours("unlink")
        return super().unlink()

    def _owned_shipment(self):
        """Return the shipment that this record is, or is part of."""
        return self.shipment_id

    def _check_rows_are_ours(self, operation):
        domain = ownership.ROWS.get(self._name)
        if not domain or self.env.su:
            return
        self._check_may(operation)
        for record in self:
            shipment = record._owned_shipment()
            if shipment._is_held(domain):
                shipment._refuse_people(domain, self._description)

    def _check_fields_are_ours(self, vals):
        domains = ownership.FIELDS.get(self._name, {})
        touched = [name for name in vals if name in domains]
        if not touched or self.env.su:
            return
        self._check_may("write")
        for record in self:
            shipment = record._owned_shipment()
            for name in touched:
                if shipment._is_held(domains[name]) and record._differs(name, vals[name]):
                    shipment._refuse_people(domains[name], record._field_label(name))

    def _check_may(self, operation):
        """Ask first what the ORM asks anyhow: who may nothing is not told whose it is."""
        self.check_access_rights(operation)
        self.check_access_rule(operation)

    def _differs(self, name, value):
        """Return whether ``value``, as ``write`` takes it, is another than the field's."""
        self.ensure_one()
        field = self._fields[name]
        cached = field.convert_to_cache(value, self, validate=False)
        return field.convert_to_record(cached, self) != self[name]

    def _in_words(self, name, value):
        """Return ``value``, of the field or as ``write`` takes it, as text in UTC."""
        field = self._fields[name]
        value = field.convert_to_record(field.convert_to_cache(value, self, validate=False), self)
        if value is False or value is None:
            return ""
        return value.display_name or "" if field.relational else str(value)

    def _field_label(self, name):
        return self._fields[name]._description_string(self.env)

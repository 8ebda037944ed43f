from odoo import _, api, models
from odoo.exceptions import AccessError

#: Fields that decide which company a record belongs to.
PLACES = frozenset({"company_id", "shipment_id", "endpoint_id", "system_id"})


class FreightGuarded(models.AbstractModel):
    """Fields that only the suite itself writes, by whatever way a person comes.

    ``readonly`` keeps a form from writing; this keeps RPC and imports from it as well.
    """

    _name = "freight.guarded"
    _description = "Guarded Freight Record"

    @api.model
    def _guarded(self):
        """Return the names of the guarded fields."""
        return set()

    @api.model
    def default_get(self, fields_list):
        """Return defaults; what is guarded has the field's own, whatever people ask for."""
        values = super().default_get(fields_list)
        if not self.env.su:
            for name in self._guarded() & set(values):
                del values[name]
                if self._fields[name].default:
                    values[name] = self._fields[name].default(self)
        return values

    @api.model_create_multi
    def create(self, vals_list):
        """Create, if nobody sets what is guarded.

        :raise AccessError: naming the fields
        """
        self._check_guarded(set().union(*vals_list))
        return super().create(vals_list)

    def write(self, vals):
        """Write, if nobody changes what is guarded or moves it where it is not theirs.

        :raise AccessError: naming the fields, or for a record of another company afterwards
        """
        self._check_guarded(set(vals))
        result = super().write(vals)
        if PLACES & set(vals):
            self.check_access_rule("write")
        return result

    @api.model
    def _check_guarded(self, names):
        touched = names & self._guarded()
        if touched and not self.env.su:
            raise AccessError(
                _(
                    "%(fields)s of a %(model)s follow from events and decisions alone.",
                    fields=", ".join(sorted(self._fields[name].string for name in touched)),
                    model=self._description,
                )
            )

    def _for_action(self):
        """Return these records to act on, guarded fields included, for who may change them.

        :raise AccessError: for who may not
        """
        self.check_access_rights("write")
        self.check_access_rule("write")
        return self.sudo()

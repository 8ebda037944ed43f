from dataclasses import dataclass, replace
from functools import partial

from odoo import _, api, fields, models

from .. import db, masters
from ..announcing import Announcement

#: Where a transaction gathers what it changed.
GATHERED = "freight_canonical.masters"


@dataclass(frozen=True)
class MasterAnnouncement(Announcement):
    """An announcement of master data. ``record`` is the partner or charge code."""

    record: object = None


class FreightMaster(models.AbstractModel):
    """Master data that systems share: partners of freight and charge codes.

    What a transaction changed is announced at its end, once, with the whole current state. The
    revision counts the states, so that a receiver can tell an older one, and a state that comes
    back is news again.
    """

    _name = "freight.master"
    _description = "Shared Master Data"
    _inherit = "freight.guarded"

    #: kind of canonical document, and the first part of the names of announcements
    _master_kind = ""

    freight_revision = fields.Integer(
        string="Revision", readonly=True, copy=False, help="Counts the states that were announced."
    )
    freight_digest = fields.Char(readonly=True, copy=False)

    @api.model_create_multi
    def create(self, vals_list):
        """Create, and announce them at the end of the transaction."""
        records = super().create(vals_list)
        records._gather()
        return records

    def write(self, vals):
        """Write, and announce what changed at the end of the transaction."""
        result = super().write(vals)
        if self._master_columns_named() & set(vals):
            self._gather()
        return result

    def unlink(self):
        """Delete; who was told of them hears that they are gone."""
        self.filtered("freight_digest").sudo()._announce_gone()
        return super().unlink()

    @api.model
    def _guarded(self):
        return super()._guarded() | {"freight_revision", "freight_digest"}

    # What it says -------------------------------------------------------------------------------

    @api.model
    def _master_columns_named(self):
        """Return the names of the fields that :meth:`_master_values` is made of."""
        raise NotImplementedError

    def _master_values(self):
        """Return {path: value} as :mod:`..masters` has them."""
        raise NotImplementedError

    def _master_columns(self, values):
        """Return ({field: value to write}, paths whose value this database does not know).

        :param values: {path: value}; on an empty recordset those of a new record
        """
        raise NotImplementedError

    def _master_domains(self):
        """Return the data domains that this record belongs to; none: it is not announced."""
        raise NotImplementedError

    def _master_body(self):
        """Return the JSON-serialisable body of an announcement, without its revision."""
        raise NotImplementedError

    @api.model
    def _master_labels(self):
        """Return {path: what people call it}."""
        raise NotImplementedError

    # Announcing ---------------------------------------------------------------------------------

    def _gather(self):
        """Remember these records for the end of the transaction, and who changed them."""
        precommit = self.env.cr.precommit
        if GATHERED not in precommit.data:
            precommit.data[GATHERED] = {}
            everything = self.env(su=True, context={})["freight.master"]
            precommit.add(everything._announce_gathered)
        gathered = precommit.data[GATHERED]
        origin = self.env.context.get("freight_origin_system_id")
        for record in self:
            gathered.setdefault((self._name, record.id), set()).add(origin)

    @api.model
    def _announce_gathered(self):
        """Announce what this transaction changed; nothing flushes after the last hook but this."""
        gathered = self.env.cr.precommit.data.pop(GATHERED, {})
        for name in sorted({model for model, _id in gathered}):
            origins = {key: who for (model, key), who in gathered.items() if model == name}
            self.env[name].browse(origins).exists()._announce(origins)
        self.env.flush_all()

    def _announce(self, origins):
        """Announce those of these records whose state is news.

        :param origins: {id: ids of the systems that changed it, None for a person}
        """
        names = self._count_states()
        news = self.browse(names)
        companies = self.env["res.company"].search([("name", "!=", False)])
        self.env["freight.emitter"]._announce(
            [
                record._announcement(names[record.id], company, _only(origins[record.id]))
                for record in news
                for company in record._companies_to_tell(companies)
            ]
        )

    def _count_states(self):
        """Give each state that is news its revision.

        :return: {id of what is news: what its announcement is called}
        """
        states = {record.id: masters.digest(record._master_body()) for record in self}
        news = self.filtered(
            lambda record: record._master_domains() and states[record.id] != record.freight_digest
        )
        names = {record.id: record._announcement_name() for record in news}
        db.update_rows(
            self,
            ("freight_digest", "freight_revision"),
            {one.id: (states[one.id], one.freight_revision + 1) for one in news},
        )
        return names

    def _announce_gone(self):
        """Say that these are deleted, which to others is as if they were archived."""
        companies = self.env["res.company"].search([("name", "!=", False)])
        self.env["freight.emitter"]._announce(
            [
                replace(
                    record._announcement(f"{self._master_kind}.archived", company),
                    identity=f"{self._master_kind}:{record.id}:deleted",
                    body=partial(dict, record._announced_body(company, gone=True)),
                )
                for record in self
                for company in record._companies_to_tell(companies)
            ]
        )

    def _announcement_name(self):
        if not self.active:
            return f"{self._master_kind}.archived"
        return f"{self._master_kind}.{'changed' if self.freight_digest else 'created'}"

    def _companies_to_tell(self, companies):
        """Return those of ``companies`` in which Odoo is the system of record of all this is."""
        matrix = self.env["freight.ownership"]
        domains = self._master_domains()
        return (self.company_id or companies).filtered(
            lambda company: (
                domains and all(matrix._odoo_owns(domain, company.id, None) for domain in domains)
            )
        )

    def _announcement(self, name, company, origin=None):
        """Return the :class:`MasterAnnouncement` of the current state."""
        return MasterAnnouncement(
            name=name,
            subject=_("%(kind)s %(name)s", kind=self._description, name=self.display_name),
            company=company,
            shipment=self.env["freight.shipment"],
            trace_id=False,
            body=partial(self._announced_body, company),
            identity=f"{self._master_kind}:{self.id}:{self.freight_revision}:"
            f"{self.freight_digest[:16]}",
            origin_id=origin,
            record=self,
        )

    def _announced_body(self, company, gone=False):
        body = {**self._master_body(), "revision": self.freight_revision + gone}
        if gone:
            body["active"] = False
        return {"company": company.name, self._master_kind: body}


def _only(origins):
    """Return the one system that changed a record; None where people or several did."""
    return next(iter(origins)) if len(origins) == 1 else None

import hashlib
import json
from collections import defaultdict

from odoo import api, fields, models, tools

#: Longer texts are recorded by their digest.
LONGEST = 4000

#: What :meth:`freight.audit._headers` reads of a record.
HEADER = ("display_name", "company_id", "trace_id")

#: Beginnings of the names of fields that say nothing of the record itself.
ASIDE = ("message_", "activity_", "my_activity_", "website_message_", "rating_")


class FreightAudited(models.AbstractModel):
    """Records of which the audit log keeps who created, changed and deleted them.

    By default every stored field that does not follow from others is recorded. What the suite
    itself counts or clocks is named by :meth:`_unaudited`.
    """

    _name = "freight.audited"
    _description = "Audited Freight Record"

    #: stream of the audit log that changes of this model belong to
    _audit_stream = "configuration"

    @api.model
    def _unaudited(self):
        """Return the names of stored fields whose change is nobody's deed."""
        return {*models.MAGIC_COLUMNS}

    @api.model
    def _audit_secrets(self):
        """Return the names of fields of which only "set" and "changed" are recorded."""
        return {
            name
            for name, field in self._fields.items()
            if field.type == "binary" or field.groups == fields.NO_ACCESS
        }

    @api.model
    def _audits(self, field):
        """Return whether changes of ``field`` are recorded."""
        follows = field.related or (field.compute and field.readonly)
        return field.store and field.type != "one2many" and not follows

    @api.model
    @tools.ormcache()
    def _audit_fields(self):
        """Return the names of the fields that are recorded."""
        left_out = self._unaudited()
        return tuple(
            name
            for name, field in self._fields.items()
            if name not in left_out and not name.startswith(ASIDE) and self._audits(field)
        )

    @api.model
    @tools.ormcache()
    def _audit_secret_fields(self):
        """Return the names of the fields whose values are never told."""
        return frozenset(self._audit_secrets())

    @api.model
    @tools.ormcache()
    def _audit_header_fields(self):
        """Return the names of the fields that an entry names its record by."""
        return tuple(name for name in HEADER if name in self._fields)

    @api.model
    def _audit_deed(self, after):
        """Return (action, role) of a write after which the fields that changed are ``after``."""
        return "write", "initiated"

    @api.model_create_multi
    def create(self, vals_list):
        """Create, and record it; what is written on the way belongs to the creation."""
        frames = self._audit_frames()
        frames.append([])
        try:
            records = super().create(vals_list)
        finally:
            changes = frames.pop()
        created = set(records.ids)
        rows = [row for row in changes if row["res_id"] not in created]
        names = self._audit_fields()
        seen = records._audit_seen(names)
        rows += seen._audit_rows("create", {}, seen._audit_state(names))
        self.env["freight.audit"]._write_down(rows)
        return records

    def write(self, vals):
        """Write, and record what changed."""
        names = [name for name in self._audit_fields() if name in vals]
        if not names:
            return super().write(vals)
        seen = self._audit_seen(names)
        before = seen._audit_state(names)
        result = super().write(vals)
        rows = seen._audit_rows("write", before, seen._audit_state(names))
        frames = self._audit_frames()
        if frames:
            frames[-1] += rows
        else:
            self.env["freight.audit"]._write_down(rows)
        return result

    def unlink(self):
        """Delete, and record what was there."""
        names = self._audit_fields()
        seen = self._audit_seen(names)
        rows = seen._audit_rows("unlink", seen._audit_state(names), {})
        result = super().unlink()
        self.env["freight.audit"]._write_down(rows)
        return result

    @api.model
    def _audit_frames(self):
        """Return the creations of this model that are under way, each with what it wrote so far."""
        frames = self.env.cr.precommit.data.setdefault("freight_audit_frames", {})
        return frames.setdefault(self._name, [])

    def _audit_seen(self, names):
        """Return these records as the log sees them, with ``names`` and no more read of them.

        Whoever changes one field of a wide record waits for that field alone.
        """
        context = {**self.env.context, "bin_size": False, "active_test": False}
        seen = self.with_env(self.env(su=True, context=context))
        seen.fetch([*names, *self._audit_header_fields()])
        return seen

    def _audit_state(self, names):
        """Return {id: {name: value}} as it is now, to compare.

        ``self`` comes from :meth:`_audit_seen`.
        """
        secrets = self._audit_secret_fields()
        return {
            record.id: {
                name: _secret(record[name]) if name in secrets else _value(record, name)
                for name in names
            }
            for record in self
        }

    def _audit_rows(self, action, before, after):
        """Return the entries about ``self``: one for each record in which anything differs."""
        changed = {key: _differing(before.get(key, {}), after.get(key, {})) for key in self.ids}
        noted = self.browse(key for key in self.ids if changed[key] or action != "write")
        naming = self._audit_naming(before, after, changed)
        rows = []
        for res_id, header in self.env["freight.audit"]._headers(noted).items():
            old, new = before.get(res_id, {}), after.get(res_id, {})
            told = {
                "before": {
                    name: self._audit_told(name, old[name], None, naming)
                    for name in changed[res_id]
                    if old.get(name)
                },
                "after": {
                    name: self._audit_told(name, new.get(name), old.get(name), naming)
                    for name in changed[res_id]
                    if new
                },
            }
            if action == "create":
                told["after"] = {name: text for name, text in told["after"].items() if text}
            deed, role = action, "initiated"
            if action == "write":
                deed, role = self._audit_deed(told["after"])
            rows.append(
                {**header, "action": deed, "stream": self._audit_stream, "role": role, **told}
            )
        return rows

    def _audit_naming(self, before, after, changed):
        """Return {model: {id: name}} of what the relations that changed lead to and led to.

        What a write deleted on the way has no name any more.
        """
        wanted = defaultdict(set)
        for res_id, names in changed.items():
            for name in names:
                for state in (before, after):
                    value = state.get(res_id, {}).get(name)
                    if isinstance(value, _Related):
                        wanted[self._fields[name].comodel_name].update(value)
        return {
            model: {one.id: one.display_name for one in self.env[model].browse(ids).exists()}
            for model, ids in wanted.items()
            if ids
        }

    @api.model
    def _audit_told(self, name, value, before, naming):
        """Return a value as the log tells it: no secret, and relations as [id, name]."""
        if isinstance(value, _Secret):
            return "changed" if before else "set"
        if not isinstance(value, _Related):
            return value
        field = self._fields[name]
        known = naming.get(field.comodel_name, {})
        pairs = [[key, known.get(key) or str(key)] for key in value]
        if field.type == "many2one":
            return pairs[0] if pairs else None
        return pairs


class _Related(tuple):
    """The ids that a relation leads to: compared as such, named once it is known they changed."""


class _Secret(str):
    """The digest of a secret: compared, never told."""


def _secret(value):
    if not value:
        return None
    raw = value if isinstance(value, bytes) else str(value).encode()
    return _Secret(hashlib.sha256(raw).hexdigest())


def _differing(old, new):
    return [name for name in old or new if old.get(name) != new.get(name)]


def _value(record, name):
    """Return the value of a field as JSON, or where it leads to."""
    field, value = record._fields[name], record[name]
    if field.relational:
        return _Related(value.ids)
    if value is False and field.type != "boolean":
        return None
    if field.type == "json":
        value = json.dumps(value, sort_keys=True, ensure_ascii=False)
    if field.type in ("date", "datetime"):
        value = value.isoformat()
    if field.type == "reference":
        value = f"{value._name},{value.id}"
    if isinstance(value, str) and len(value) > LONGEST:
        return f"sha256:{hashlib.sha256(value.encode()).hexdigest()} ({len(value)})"
    return value

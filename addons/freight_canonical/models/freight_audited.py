import hashlib
import json

from odoo import api, fields, models, tools

#: Longer texts are recorded by their digest.
LONGEST = 4000

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
        rows += records._audit_rows("create", {}, records._audit_state(self._audit_fields()))
        self.env["freight.audit"]._write_down(rows)
        return records

    def write(self, vals):
        """Write, and record what changed."""
        names = [name for name in self._audit_fields() if name in vals]
        if not names:
            return super().write(vals)
        before = self._audit_state(names)
        result = super().write(vals)
        rows = self._audit_rows("write", before, self._audit_state(names))
        frames = self._audit_frames()
        if frames:
            frames[-1] += rows
        else:
            self.env["freight.audit"]._write_down(rows)
        return result

    def unlink(self):
        """Delete, and record what was there."""
        rows = self._audit_rows("unlink", self._audit_state(self._audit_fields()), {})
        result = super().unlink()
        self.env["freight.audit"]._write_down(rows)
        return result

    @api.model
    def _audit_frames(self):
        """Return the creations of this model that are under way, each with what it wrote so far."""
        frames = self.env.cr.precommit.data.setdefault("freight_audit_frames", {})
        return frames.setdefault(self._name, [])

    def _audit_state(self, names):
        """Return {id: {name: value}} as it is now, each value raw and in words."""
        secrets = self._audit_secrets()
        records = self.sudo().with_context(bin_size=False, active_test=False)
        return {
            record.id: {
                name: _secret(record[name]) if name in secrets else _value(record, name)
                for name in names
            }
            for record in records
        }

    def _audit_rows(self, action, before, after):
        """Return the entries about ``self``: one for each record in which anything differs."""
        rows = []
        for res_id, header in self.env["freight.audit"]._headers(self).items():
            old, new = before.get(res_id, {}), after.get(res_id, {})
            changed = [name for name in old or new if old.get(name) != new.get(name)]
            told = {
                "before": {name: _told(old[name]) for name in changed if old.get(name)},
                "after": {name: _told(new.get(name), old.get(name)) for name in changed if new},
            }
            if action == "create":
                told["after"] = {name: text for name, text in told["after"].items() if text}
            if changed or action != "write":
                deed, role = action, "initiated"
                if action == "write":
                    deed, role = self._audit_deed(told["after"])
                rows.append(
                    {
                        **header,
                        "action": deed,
                        "stream": self._audit_stream,
                        "role": role,
                        **told,
                    }
                )
        return rows


class _Secret(str):
    """The digest of a secret: compared, never told."""


def _secret(value):
    if not value:
        return None
    raw = value if isinstance(value, bytes) else str(value).encode()
    return _Secret(hashlib.sha256(raw).hexdigest())


def _told(value, before=None):
    if isinstance(value, _Secret):
        return "changed" if before else "set"
    return value


def _value(record, name):
    """Return the value of a field as JSON that keeps ids and what people read."""
    field, value = record._fields[name], record[name]
    if field.type == "many2one":
        return [value.id, value.display_name] if value else None
    if field.relational:
        return [[one.id, one.display_name] for one in value]
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

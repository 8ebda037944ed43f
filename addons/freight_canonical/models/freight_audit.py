import json
import os
import uuid
from functools import lru_cache

from odoo import api, fields, models
from odoo.tools import config

from ..audit_keys import Keyring

KEYS_OPTION = "freight_audit_keys"
KEYS_VARIABLE = "FREIGHT_AUDIT_KEYS"
LOG_ID_PARAMETER = "freight.audit_log_id"

#: The lane that seals.
QUEUE = "audit"

#: Ids that an entry about a set names one by one.
MOST_IDS = 10_000

#: What an entry says besides when it was and who did it.
TOLD = (
    "company_id",
    "stream",
    "role",
    "action",
    "model",
    "res_id",
    "record",
    "before",
    "after",
    "why",
    "trace_id",
)


@lru_cache(maxsize=8)
def _keyring(text):
    return Keyring(text)


class FreightAudit(models.AbstractModel):
    """The way into the audit log: entries join by one statement, in the transaction of the deed."""

    _name = "freight.audit"
    _description = "Audit Log"

    @api.model
    def _note(
        self,
        action,
        records,
        why=None,
        before=None,
        after=None,
        stream="operations",
        role="initiated",
        trace_id=None,
    ):
        """Record that the current user did ``action`` to each of ``records``.

        :param action: a short code, such as ``approve``
        :param before: values (JSON, amounts as text) by name, of all records or by record id; never
            a secret
        :param after: likewise
        :param stream: ``money``, ``access``, ``configuration`` or ``operations``
        :param role: ``initiated``, ``approved``, ``transformed`` or ``posted``
        :param trace_id: where the records have none of their own
        """
        self._write_down(
            [
                {
                    **header,
                    "action": action,
                    "stream": stream,
                    "role": role,
                    "why": why,
                    "before": _of(before, header["res_id"]),
                    "after": _of(after, header["res_id"]),
                    "trace_id": header["trace_id"] or trace_id,
                }
                for header in self._headers(records).values()
            ]
        )

    @api.model
    def _note_set(self, action, records, why=None, after=None, stream="operations", **told):
        """Record that the current user did ``action`` to ``records`` together, as one entry.

        A single record is named as :meth:`_note` does; of several the entry keeps the ids. Without
        records nothing was done.
        """
        if len(records) <= 1:
            self._note(action, records, why=why, after=after, stream=stream, **told)
            return
        companies = self._headers(records[:MOST_IDS]).values()
        company_ids = {header["company_id"] for header in companies}
        self._write_down(
            [
                {
                    "company_id": company_ids.pop() if len(company_ids) == 1 else None,
                    "model": records._name,
                    "action": action,
                    "stream": stream,
                    "role": told.get("role", "initiated"),
                    "why": why,
                    "trace_id": told.get("trace_id"),
                    "after": {
                        **(after or {}),
                        "count": len(records),
                        "ids": list(records.ids[:MOST_IDS]),
                    },
                }
            ]
        )

    @api.model
    def _headers(self, records):
        """Return {id: how an entry names the record}: its company, its name, its trace."""
        known = records.sudo()
        return {
            record.id: {
                "company_id": self._company_of(record),
                "model": record._name,
                "res_id": record.id,
                "record": record.display_name or None,
                "trace_id": ("trace_id" in record._fields and record.trace_id) or None,
            }
            for record in known
        }

    @api.model
    def _company_of(self, record):
        return ("company_id" in record._fields and record.company_id.id) or None

    @api.model
    def _write_down(self, entries):
        """Insert ``entries`` (values by column) by one statement, and wake the sealer for them."""
        if not entries:
            return
        now = fields.Datetime.now()
        self._insert([(now, *(_column(name, entry) for name in TOLD)) for entry in entries])
        self.env["freight.queue.lane"]._wake_after_commit(
            QUEUE, self.env["freight.audit.sealer"]._queue_pause
        )

    @api.model
    def _insert(self, rows):
        """Insert rows (the moment, then what they tell) and put them on the sealer's list."""
        self.env["res.users"].flush_model(["login"])
        self.env.cr.execute(
            f"""
            WITH noted AS (
                INSERT INTO freight_audit_entry (actor_uid, actor, moment, {", ".join(TOLD)})
                SELECT u.id, u.login, moment::timestamp, told.company_id::int, stream, role,
                       action, model, res_id::int, record, before, after, why, trace_id
                  FROM (VALUES {", ".join(["%s"] * len(rows))})
                    AS told (moment, {", ".join(TOLD)})
                 CROSS JOIN res_users u
                 WHERE u.id = %s RETURNING id)
            INSERT INTO freight_audit_pending (entry_id) SELECT id FROM noted
            """,
            [*rows, self.env.uid],
        )

    # Keys ----------------------------------------------------------------------------------------

    @api.model
    def _keyring(self):
        """Return the configured keys. They come from outside of the database, never from it.

        :raise KeyMissing: when neither the configuration nor the environment has one
        :raise KeyWrong: when one is malformed
        """
        return _keyring(os.environ.get(KEYS_VARIABLE) or config.get(KEYS_OPTION) or "")

    @api.model
    def _log_id(self):
        """Return what this log is called: the chains begin with it."""
        return self.env["ir.config_parameter"].sudo().get_param(LOG_ID_PARAMETER, "")

    @api.model
    def _make_log_id(self):
        """Name this log, once; copies and restores keep the name."""
        if not self._log_id():
            parameters = self.env["ir.config_parameter"].sudo()
            parameters.set_param(LOG_ID_PARAMETER, uuid.uuid4().hex)


def _of(values, res_id):
    """Return what ``values``, by name or by record id, say of one record."""
    if values and all(isinstance(key, int) for key in values):
        return values.get(res_id)
    return values


def _column(name, entry):
    value = entry.get(name)
    if name in ("before", "after") and value:
        return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return value or None

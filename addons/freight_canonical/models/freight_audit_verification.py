"""The verifier: walks every chain in bounded memory and names its first broken link."""

from odoo import _, api, fields, models
from odoo.tools.translate import _lt

from ..audit_keys import KeyMissing, KeyWrong
from ..chain import LAYOUT, LAYOUTS, Fault, Link, Walk, genesis
from .freight_audit_checkpoint import HEADS, add_anchors
from .freight_audit_sealer import LINK, entry_columns

#: Links that are held in memory at once.
PAGE = 2000

#: Kinds of faults that say nothing against the log: it cannot be checked with the keys at hand.
UNPROVEN = frozenset({"missing_key", "wrong_key"})

FAULTS = {
    "missing_link": _lt("Chain %(chain)s: link %(number)s was removed."),
    "missing_entry": _lt("Chain %(chain)s: entry %(entry)s of link %(number)s was deleted."),
    "changed": _lt("Chain %(chain)s: entry %(entry)s or its link %(number)s was changed."),
    "order": _lt(
        "Chain %(chain)s: link %(number)s (entry %(entry)s) does not follow the one before it: a"
        " link was put in, changed or moved there."
    ),
    "genesis": _lt(
        "Chain %(chain)s: link %(number)s (entry %(entry)s) is not the beginning of this log."
    ),
    "layout": _lt(
        "Chain %(chain)s: link %(number)s (entry %(entry)s) names a layout that does not exist."
    ),
    "missing_key": _lt("Chain %(chain)s cannot be checked from link %(number)s on: %(detail)s"),
    "wrong_key": _lt("Chain %(chain)s cannot be checked from link %(number)s on: %(detail)s"),
    "truncated": _lt(
        "Chain %(chain)s was cut off: link %(number)s and those up to %(detail)s, which a"
        " checkpoint vouches for, are missing."
    ),
    "replaced": _lt(
        "Chain %(chain)s: link %(number)s (entry %(entry)s) is another than the one that a"
        " checkpoint vouches for."
    ),
    "inserted": _lt("Entry %(entry)s was put into the log past the suite: nothing seals it."),
    "checkpoint": _lt("Checkpoint %(number)s was changed after it was signed."),
    "no_key": _lt("Nothing can be checked: %(detail)s"),
}


class FreightAuditVerification(models.Model):
    """One run of the verifier and what it found."""

    _name = "freight.audit.verification"
    _description = "Verification of the Audit Log"
    _inherit = "freight.guarded"
    _order = "id desc"
    _rec_name = "started"

    started = fields.Datetime(required=True, readonly=True)
    finished = fields.Datetime(required=True, readonly=True)
    outcome = fields.Selection(
        [("whole", "Whole"), ("broken", "Broken"), ("unproven", "Cannot be checked")],
        required=True,
        readonly=True,
    )
    chain_count = fields.Integer(string="Chains", readonly=True)
    link_count = fields.Integer(string="Entries checked", readonly=True)
    waiting_count = fields.Integer(
        string="Not yet sealed", readonly=True, help="Entries that the sealer had not reached."
    )
    waiting_since = fields.Datetime(string="Oldest not sealed", readonly=True)
    against = fields.Char(readonly=True, help="The checkpoint file that it was compared with.")
    findings = fields.Text(readonly=True)

    @api.model
    def _guarded(self):
        return {*self._fields}

    @api.model
    def action_verify(self):
        """Verify the whole log now, and open what was found.

        :raise AccessError: for who may not read the log
        """
        self.env["freight.audit.entry"].check_access_rights("read")
        return self.sudo()._verify()._opened()

    def _opened(self):
        return {
            "type": "ir.actions.act_window",
            "name": _("Verification"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
        }

    @api.model
    def _cron_verify(self):
        self._verify()

    @api.model
    def _verify(self, checkpoint=None):
        """Walk all chains of the log, and open a case where one is broken.

        :param checkpoint: the body of a checkpoint file to compare with, read by ``_read_file``
        :return: the ``freight.audit.verification``
        """
        started = fields.Datetime.now()
        faults, chains, links = self._examine(checkpoint)
        waiting, since = self.env["freight.audit.sealer"]._waiting()
        broken = [told for told in faults if told[1].kind not in UNPROVEN | {"no_key"}]
        self._call_for_a_person(broken)
        return self.create(
            {
                "started": started,
                "finished": fields.Datetime.now(),
                "outcome": "broken" if broken else "unproven" if faults else "whole",
                "chain_count": chains,
                "link_count": links,
                "waiting_count": waiting,
                "waiting_since": since,
                "against": checkpoint and _("Checkpoint %s", checkpoint["number"]),
                "findings": "\n".join(_sentence(*told) for told in faults) or False,
            }
        )

    @api.model
    def _examine(self, checkpoint):
        """Return ([(chain, Fault)], how many chains, how many links were whole)."""
        audit = self.env["freight.audit"]
        anchors, forged = self.env["freight.audit.checkpoint"]._anchors()
        if checkpoint:
            add_anchors(anchors, checkpoint)
        faults = [("", Fault("checkpoint", number)) for number in forged]
        faults += [("", Fault("inserted", 0, entry)) for entry in self._unlinked()]
        self.env.cr.execute(HEADS)
        chains = sorted({row[0] for row in self.env.cr.fetchall()} | anchors.keys())
        try:
            keys = audit._keyring()
        except (KeyMissing, KeyWrong) as error:
            return [*faults, ("", Fault("no_key", 0, detail=str(error)))], len(chains), 0
        links = 0
        for chain in chains:
            walk = Walk(chain, genesis(audit._log_id(), chain), keys, anchors.get(chain, {}))
            fault = self._walk(walk)
            links += walk.number
            if fault:
                faults.append((chain, fault))
        return faults, len(chains), links

    @api.model
    def _walk(self, walk):
        """Follow one chain page by page. Return its first fault, None where it is whole."""
        while page := self._page(walk.chain, walk.number):
            if fault := walk.follow(page):
                return fault
        return walk.end()

    @api.model
    def _page(self, chain, number):
        """Return the next links of ``chain`` after ``number``."""
        self.env.cr.execute(
            f"""
            SELECT {", ".join(f"l.{name}" for name in LINK)}, {entry_columns()}
              FROM freight_audit_link l LEFT JOIN freight_audit_entry e ON e.id = l.entry_id
             WHERE l.chain = %s AND l.number > %s ORDER BY l.number LIMIT %s
            """,
            [chain, number, PAGE],
        )
        return [
            Link(
                *row[: len(LINK)],
                dict(zip(LAYOUTS[LAYOUT], row[len(LINK) :], strict=True))
                if row[len(LINK)]
                else None,
            )
            for row in self.env.cr.fetchall()
        ]

    @api.model
    def _unlinked(self):
        """Return the ids of the first entries that neither are sealed nor wait for it."""
        self.env.cr.execute(
            """
            SELECT e.id FROM freight_audit_entry e
             WHERE NOT EXISTS (SELECT FROM freight_audit_link l WHERE l.entry_id = e.id)
               AND NOT EXISTS (SELECT FROM freight_audit_pending p WHERE p.entry_id = e.id)
             ORDER BY e.id LIMIT 10
            """
        )
        return [row[0] for row in self.env.cr.fetchall()]

    @api.model
    def _call_for_a_person(self, broken):
        """Open a case for each chain that is broken, and one for what concerns none."""
        company = self.env.ref("base.main_company")
        self.env["freight.exception"]._raise_cases(
            [
                {
                    "code": "audit_broken",
                    "key": f"audit:{chain or fault.kind}",
                    "description": _sentence(chain, fault),
                    "company": company,
                }
                for chain, fault in broken
            ]
        )


def _sentence(chain, fault):
    """Return what a fault is, in the language of the current user."""
    return str(FAULTS[fault.kind]) % {
        "chain": chain,
        "number": fault.number,
        "entry": fault.entry_id,
        "detail": fault.detail,
    }

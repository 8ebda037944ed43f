"""Who may do what: the decisions, and the page of the documentation that shows them.

What stands in ``MAY`` is decided here and not copied from what happens: `test_roles` calls every
method as every role and compares.
"""

from odoo.exceptions import AccessError
from odoo.fields import Field
from odoo.models import check_method_name

OURS = "odoo.addons.freight_"
OPERATIONS = {"c": "create", "r": "read", "w": "write", "d": "unlink"}

#: role -> (what people call it, its group)
ROLES = {
    "user": ("Freight User", "freight_canonical.group_freight_user"),
    "dispatcher": ("Dispatcher", "freight_canonical.group_freight_dispatcher"),
    "manager": ("Freight Manager", "freight_canonical.group_freight_manager"),
    "integration": ("Integration Manager", "freight_tms_connector.group_integration_manager"),
    "clerk": ("Settlement Clerk", "freight_settlement.group_settlement_clerk"),
    "approver": ("Settlement Approver", "freight_settlement.group_settlement_approver"),
    "settlement": ("Settlement Manager", "freight_settlement.group_settlement_manager"),
    "auditor": ("Auditor", "freight_canonical.group_freight_auditor"),
    "employee": ("No freight role", "base.group_user"),
    "portal": ("Portal", "base.group_portal"),
    "public": ("Public", "base.group_public"),
}
OUTSIDE = ("portal", "public")

#: Only names a screen, which asks for its own rights: changes nothing and tells nothing.
OPENS = "opens"
SETTLEMENT = ("settlement",)
APPROVERS = ("approver", *SETTLEMENT)
CLERKS = ("clerk", *APPROVERS)
MANAGERS = ("manager",)
DISPATCHERS = ("dispatcher", *MANAGERS)
INTEGRATION = ("integration",)
UPLOADERS = (*DISPATCHERS, *INTEGRATION)
USERS = ("user", *DISPATCHERS, *INTEGRATION, *CLERKS)
READERS = (*USERS, "auditor")
PAYLOADS = (*INTEGRATION, "auditor")
AUDITORS = (*PAYLOADS, *SETTLEMENT)
NOBODY = ()

ORDER = {"action_freight_release": DISPATCHERS, "action_open_freight_shipments": OPENS}
PAYLOAD = {"get_payload": PAYLOADS}

#: model -> method -> the roles that may call it, or OPENS
MAY = {
    "account.move": {"action_open_carrier_invoice": OPENS},
    "freight.api.client": {
        "action_drop_secrets": INTEGRATION,
        "action_new_secret": INTEGRATION,
        "action_new_token": INTEGRATION,
        "action_revoke_tokens": INTEGRATION,
    },
    "freight.api.document": {"action_dismiss": UPLOADERS, "action_download": READERS},
    "freight.api.issue": {"action_issue": INTEGRATION},
    "freight.api.token": {"action_revoke": INTEGRATION, "action_rotate": INTEGRATION},
    "freight.audit.check": {"action_check": AUDITORS},
    "freight.audit.checkpoint": {"action_take": AUDITORS},
    "freight.audit.entry": {"action_open_record": OPENS},
    "freight.audit.verification": {"action_verify": AUDITORS},
    "freight.auth.profile": {"action_approve": INTEGRATION, "action_new_version": INTEGRATION},
    "freight.carrier.invoice": {
        "action_approve": APPROVERS,
        "action_match_again": CLERKS,
        "action_open_bill": OPENS,
        "action_open_shipment": OPENS,
    },
    "freight.charge": {"action_authorise": DISPATCHERS, "action_withdraw": DISPATCHERS},
    "freight.charge.withdraw": {"action_withdraw": DISPATCHERS},
    "freight.consumer": {
        "action_open_dead": OPENS,
        "action_open_waiting": OPENS,
        "action_pause": MANAGERS,
        "action_replay": OPENS,
        "action_resume": MANAGERS,
        "action_retry_dead": MANAGERS,
    },
    "freight.consumer.replay": {"action_replay": MANAGERS},
    "freight.credential.rotation": {"action_rotate": INTEGRATION},
    "freight.endpoint": {
        "action_open_deliveries": OPENS,
        "action_open_filtered_pings": OPENS,
        "action_open_messages": OPENS,
        "action_open_trouble": OPENS,
        "action_resume_deliveries": INTEGRATION,
        "action_rotate_secret": INTEGRATION,
        "action_try_now": INTEGRATION,
    },
    "freight.erasure.request": {"action_erase": INTEGRATION},
    "freight.event": {"action_retract": DISPATCHERS},
    "freight.event.report": {"action_report": DISPATCHERS},
    "freight.event.work": {"action_retry": MANAGERS, "action_skip": MANAGERS},
    "freight.event.work.skip": {"action_skip": MANAGERS},
    "freight.exception": {
        "action_assign_to_me": USERS,
        "action_open_reopen": OPENS,
        "action_open_resolve": OPENS,
        "action_open_shipment": OPENS,
        "action_open_trace": OPENS,
        "action_resolve": USERS,
    },
    "freight.exception.reopen": {"action_reopen": USERS},
    "freight.exception.resolve": {"action_resolve": USERS},
    "freight.folder": {
        "action_read_host_key": INTEGRATION,
        "action_run_now": INTEGRATION,
        "action_test": INTEGRATION,
    },
    "freight.folder.host.key": {"action_confirm": INTEGRATION},
    "freight.invoice.decision": {"action_decide": APPROVERS},
    "freight.lane": {
        "action_open_deliveries": OPENS,
        "action_open_late": OPENS,
        "action_open_shipments": OPENS,
        "action_open_under_way": OPENS,
    },
    "freight.legal.hold": {"action_release": INTEGRATION},
    "freight.mapping": {"action_new_version": INTEGRATION, "action_open_unmapped": OPENS},
    "freight.mapping.import": {"action_import": INTEGRATION},
    "freight.mapping.overlap": {"action_list": PAYLOADS},
    "freight.mapping.trial": {"open_editor": PAYLOADS, "preview": INTEGRATION},
    "freight.mapping.try": {"action_run": INTEGRATION},
    "freight.mapping.try.out": {"action_run": INTEGRATION},
    "freight.mapping.version": {
        "action_activate": INTEGRATION,
        "action_approve": INTEGRATION,
        "action_edit_rules": OPENS,
        "action_export": INTEGRATION,
        "action_open": OPENS,
        "action_try": OPENS,
    },
    "freight.master.identity": {"action_take_over": MANAGERS},
    "freight.master.load": {"action_send": INTEGRATION},
    "freight.master.proposal": {
        "action_approve": MANAGERS,
        "action_create": NOBODY,  # a manager who may create contacts as well
        "action_decline": MANAGERS,
        "action_link": MANAGERS,
        "action_merge": OPENS,
    },
    "freight.message.dismiss": {"action_dismiss": INTEGRATION},
    "freight.message.fix": {"action_fix": INTEGRATION},
    "freight.message.in": {
        "action_ask_dismiss": INTEGRATION,
        "action_ask_replay": INTEGRATION,
        "action_dismiss": INTEGRATION,
        "action_fix": INTEGRATION,
        "action_open_corrections": OPENS,
        "action_open_trace": OPENS,
        "action_replay": INTEGRATION,
        **PAYLOAD,
    },
    "freight.message.out": {
        "action_ask_resend": INTEGRATION,
        "action_cancel": INTEGRATION,
        "action_download": PAYLOADS,
        "action_open_trace": OPENS,
        "action_resend": INTEGRATION,
        **PAYLOAD,
    },
    "freight.message.out.choice": {"action_resend": INTEGRATION},
    "freight.message.replay": {"action_open_messages": OPENS},
    "freight.message.resend": {"action_open_messages": OPENS},
    "freight.message.rerun": {"action_replay": INTEGRATION},
    "freight.partner.duplicate": {"action_merge": OPENS},
    "freight.poll": {"action_run_now": INTEGRATION, "action_test": INTEGRATION},
    "freight.queue.lane": {"action_run_now": MANAGERS},
    "freight.retention.policy": {
        "action_activate": INTEGRATION,
        "action_end": INTEGRATION,
        "action_preview": PAYLOADS,
        "action_propose": INTEGRATION,
    },
    "freight.retention.preview": {"action_open": PAYLOADS},
    "freight.retention.run": {
        "action_open_messages_in": OPENS,
        "action_open_messages_out": OPENS,
    },
    "freight.shipment": {
        "action_cancel": DISPATCHERS,
        "action_close": DISPATCHERS,
        "action_open_accruals": OPENS,
        "action_open_carrier_invoices": OPENS,
        "action_open_journal_items": OPENS,
        "action_open_messages": OPENS,
        "action_open_pickings": OPENS,
        "action_open_purchase_orders": OPENS,
        "action_open_sale_orders": OPENS,
        "action_open_trace": OPENS,
        "action_recompute_lanes": MANAGERS,
        "action_release": DISPATCHERS,
        "action_reopen": DISPATCHERS,
        "action_send_change": DISPATCHERS,
        "get_milestones": READERS,
        "get_trace": READERS,
    },
    "freight.subscription": {
        "action_activate": INTEGRATION,
        "action_open_deliveries": OPENS,
        "action_pause": INTEGRATION,
        "action_rotate_secret": INTEGRATION,
        "action_test": INTEGRATION,
    },
    "freight.system": {"action_open_refusals": OPENS},
    "freight.tender": {
        "action_confirm": DISPATCHERS,
        "action_honour": DISPATCHERS,
        "action_refuse": DISPATCHERS,
        "action_withdraw": DISPATCHERS,
    },
    "freight.tender.reply": {"action_record": DISPATCHERS},
    "freight.tender.start": {"action_start": DISPATCHERS},
    "freight.unmapped.code": {
        "action_dismiss": OPENS,
        "action_map": INTEGRATION,
        "action_open_messages": OPENS,
        "action_reopen": INTEGRATION,
    },
    "freight.unmapped.dismiss": {"action_dismiss": INTEGRATION},
    "freight.unmapped.map": {"action_map": INTEGRATION},
    "freight.upload": {"action_preview": UPLOADERS, "action_take_in": UPLOADERS},
    "freight.vault.keys": {"action_open": PAYLOADS, "action_rotate": INTEGRATION},
    "purchase.order": ORDER,
    "res.company": {"action_freight_setup": SETTLEMENT},
    "res.config.settings": {"action_freight_setup": NOBODY},
    "res.partner": {"action_freight_validate": (*READERS, "employee")},
    "sale.order": ORDER,
    "stock.picking": {
        "action_freight_hold": DISPATCHERS,
        "action_freight_release": DISPATCHERS,
        "action_freight_resume": DISPATCHERS,
        "action_open_freight_shipment": OPENS,
    },
}


def stored_models(env):
    """Return the names of the suite's models that have rows, dialogs included."""
    return [
        name
        for name in sorted(env.registry)
        if name.startswith("freight.") and not env[name]._abstract
    ]


def public_methods(env, name):
    """Return the names of what the suite lets anybody call on model ``name`` over RPC.

    What extends a method of Odoo's own (``create``, ``button_cancel``) is left to the rights that
    Odoo asks for there.
    """
    ours, theirs = set(), set()
    model = type(env[name])
    for part in model.__mro__[1:]:
        called = {method for method in vars(part) if _callable(model, method)}
        (ours if part.__module__.startswith(OURS) else theirs).update(called)
    return ours - theirs


def surface(env):
    """Return {model: names of its public methods}, where there are any."""
    found = {name: public_methods(env, name) for name in sorted(env.registry)}
    return {name: methods for name, methods in found.items() if methods}


def letters(records):
    """Return which of c, r, w and d the records' user has on their model; ``no`` for none."""
    return (
        "".join(
            letter
            for letter, operation in OPERATIONS.items()
            if records.check_access_rights(operation, raise_exception=False)
        )
        or "no"
    )


def document(env, users):
    """Return the page: both tables, as reStructuredText.

    :param users: {role: its user}
    """
    heads = [title for title, _group in ROLES.values()]
    models = [
        [f"``{name}``", *(letters(env[name].with_user(users[role])) for role in ROLES)]
        for name in stored_models(env)
    ]
    methods = [
        [f"``{name}.{method}``", *(_mark(may, role) for role in ROLES)]
        for name, decided in sorted(MAY.items())
        for method, may in sorted(decided.items())
    ]
    tables = _table(["Model", *heads], models), _table(["Method", *heads], methods)
    return INTRODUCTION + METHODS.join(tables)


def _callable(model, name):
    """Return whether RPC calls it; without rows only what needs no row does anything."""
    method = getattr(model, name)
    if not callable(method) or isinstance(method, Field):
        return False
    try:
        check_method_name(name)
    except AccessError:
        return False
    return not model._abstract or getattr(method, "_api", None) in ("model", "model_create")


def _mark(may, role):
    if may == OPENS:
        return OPENS
    return "may" if role in may else "no"


def _table(heads, rows):
    lines = [".. csv-table::", f"   :header: {', '.join(heads)}", ""]
    return "\n".join([*lines, *(f"   {', '.join(row)}" for row in rows)]) + "\n"


INTRODUCTION = """\
Who may do what
===============

.. This page is written by ``make roles``; ``make test`` compares it with what is the case.

Each column is a person with that one role, beside being an internal user. A Dispatcher is a Freight
User as well, and a Freight Manager a Dispatcher; so is an Integration Manager or a Settlement Clerk
a Freight User, a Settlement Approver a Clerk, and a Settlement Manager an Approver. The Auditor
reads all and changes nothing; rows of dialogs that only show something are the one thing it makes.

Whatever the role, a person sees records of the companies that are open on the screen, and of
dialogs the own rows alone. Once saved no secret is shown to anybody.

Models
------

c is create, r read, w write and d delete. Fields that follow from events and decisions are not
written by anybody, whatever the letters say.

"""
METHODS = """
Methods
-------

Everything that a program may call over RPC, buttons included. ``may``: this role may call it on
records that it sees; ``opens``: names a screen only, which asks for rights of its own, and changes
nothing. All else is refused.

"""

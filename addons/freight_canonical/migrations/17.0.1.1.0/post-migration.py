"""Carry cases, proofs, acceptances and goods over, and fold every ledger once more.

Left alone: the ledger, which is append-only, and the consumers, for which history is no news.
"""

from odoo import SUPERUSER_ID, api
from odoo.addons.freight_canonical import controls, db
from odoo.tools import split_every

#: Shipments that are in memory at once.
BATCH = 1000

#: Shipments of which nothing was heard for so long are not controlled until something is: they
#: would open cases about what is long settled.
HISTORY = "14 days"

#: What a proof of delivery comes with.
SIGNED = ("delivered", "partly_unloaded", "pod_received")

#: What makes a case one that controls know.
PLACE = ("dedup_key", "stop_id", "cause", "by_control")
#: What the copies of a case share with it.
SAME = """type_id, code, name, severity, state, shipment_id, carrier_id, company_id, team_id,
    description, reason_id, service_failure, opened, clock_start, deadline, escalation, resolved,
    resolver_id, closed_by, resolution_id, resolution, create_uid, create_date, write_uid,
    write_date"""

CODE_LISTS = (
    "freight.charge.code",
    "freight.equipment.type",
    "freight.event.type",
    "freight.exception.reason",
)


def migrate(cr, version):
    """Fill what 17.0.1.1.0 keeps and 17.0.1.0.0 did not."""
    if not version:
        return
    env = api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})
    keep_code_lists(cr)
    number_lines(cr)
    stamp_authorisations(cr)
    give_cases_kinds(env)
    start_clocks(cr)
    say_who_resolved(env)
    give_cases_teams(env)
    env.invalidate_all()
    fold_every_ledger(env)


# Configuration, goods and charges ---------------------------------------------------------------


def keep_code_lists(cr):
    """Leave shipped rows to the people who use them on all later updates."""
    cr.execute("UPDATE ir_model_data SET noupdate = true WHERE model IN %s", [CODE_LISTS])


def number_lines(cr):
    """Number goods lines in the order in which they were entered."""
    cr.execute(
        """
        UPDATE freight_shipment_line l SET number = numbered.number
          FROM (SELECT id, row_number() OVER (PARTITION BY shipment_id ORDER BY id) AS number
                  FROM freight_shipment_line) numbered
         WHERE l.id = numbered.id AND l.number IS NULL
        """
    )


def stamp_authorisations(cr):
    """Who authorised was not kept: who wrote the charge last is next to it."""
    cr.execute(
        """
        UPDATE freight_charge
           SET authorised_at = date_trunc('second', write_date),
               authorised_by_id = coalesce(write_uid, create_uid)
         WHERE authorised AND authorised_at IS NULL
        """
    )


# Cases ------------------------------------------------------------------------------------------


def give_cases_kinds(env):
    """Find the kind of each case by its code; an extension's own codes become kinds."""
    link = """
        UPDATE freight_exception e SET type_id = t.id FROM freight_exception_type t
         WHERE t.code = e.code AND e.type_id IS NULL
        """
    env.cr.execute(link)
    env.cr.execute("SELECT DISTINCT code FROM freight_exception WHERE type_id IS NULL")
    unknown = [row[0] for row in env.cr.fetchall()]
    if unknown:
        names = {code: code.replace("_", " ").capitalize() for code in unknown}
        kinds = env["freight.exception.type"]
        kinds.create([{"code": code, "name": name} for code, name in names.items()])
        kinds.flush_model()
        env.cr.execute(link)


def start_clocks(cr):
    """Let the time to resolve open cases begin today: nobody had a deadline before."""
    cr.execute(
        """
        UPDATE freight_exception e
           SET clock_start = CASE e.state
                   WHEN 'open' THEN date_trunc('second', now() AT TIME ZONE 'UTC')
                   ELSE e.opened END,
               service_failure = coalesce(t.service_failure, false) AND coalesce(
                   (SELECT r.service_failure FROM freight_exception_reason r
                     WHERE r.id = e.reason_id), true)
          FROM freight_exception_type t WHERE t.id = e.type_id
        """
    )
    cr.execute(
        """
        UPDATE freight_exception e
           SET deadline = e.clock_start + k.hours * interval '1 hour',
               escalation = e.clock_start + (k.hours + k.later) * interval '1 hour'
          FROM (SELECT id, coalesce(escalate_hours, 0) AS later,
                       unnest(ARRAY['critical', 'warning', 'info']) AS severity,
                       unnest(ARRAY[hours_critical, hours_warning, hours_info]) AS hours
                  FROM freight_exception_type) k
         WHERE k.id = e.type_id AND k.severity = e.severity AND k.hours > 0 AND e.state = 'open'
        """
    )


def say_who_resolved(env):
    """A case with a resolver was closed by a person, without one by the suite."""
    env.cr.execute(
        """
        UPDATE freight_exception
           SET closed_by = CASE WHEN resolver_id IS NULL THEN 'cause' ELSE 'person' END,
               resolution_id = CASE WHEN resolver_id IS NULL THEN NULL ELSE %s END
         WHERE state = 'resolved' AND closed_by IS NULL
        """,
        [env.ref("freight_canonical.resolution_other").id],
    )


def give_cases_teams(env):
    """Give open cases to the team of their company, without an activity for each."""
    companies = env["res.company"].search([])
    for company, team in env["freight.team"]._for_companies(companies).items():
        env.cr.execute(
            "UPDATE freight_exception SET team_id = %s"
            " WHERE state = 'open' AND team_id IS NULL AND company_id = %s",
            [team.id or None, company.id],
        )


# Shipments --------------------------------------------------------------------------------------


def fold_every_ledger(env):
    """Fold the ledgers in batches, with no more than one of them in memory."""
    env.cr.execute("SELECT DISTINCT shipment_id FROM freight_event ORDER BY shipment_id")
    for ids in split_every(BATCH, [row[0] for row in env.cr.fetchall()]):
        fold_again(env["freight.shipment"].browse(ids))
        env.flush_all()
        env.invalidate_all()


def fold_again(shipments):
    """Write what the ledgers of ``shipments`` say by now, and nothing that would act on it.

    No charges for vehicles not used, no cases and no announcements: that is for what happens
    from now on, and for what is under way.
    """
    states = shipments._fold()
    keep_proofs(shipments.env, states)
    keep_acceptances(shipments.env, states)
    shipments.env.invalidate_all()
    shipments._write_states(states)
    shipments.env.flush_all()
    hand_cases_over(shipments, states)
    control_soon(shipments)


def keep_proofs(env, states):
    """Put the proof of each stop beside the event that brought it."""
    env.cr.execute(
        """
        SELECT s.id, s.pod_signer, s.pod_time, s.pod_condition,
               e.id, e.shipment_id, e.company_id, e.source_id, e.source_event_id, e.occurred,
               e.type_code IN %s
          FROM freight_stop s JOIN freight_event e ON e.stop_id = s.id
         WHERE s.shipment_id IN %s AND s.pod_time IS NOT NULL
           AND NOT EXISTS (SELECT FROM freight_proof p WHERE p.shipment_id = s.shipment_id)
        """,
        [SIGNED, tuple(states)],
    )
    best = {}
    for stop, signer, signed, condition, event, shipment, company, *told in env.cr.fetchall():
        source, identity, occurred, is_delivery = told
        counts = (source, identity) in states[shipment].counting
        rank = (occurred == signed, is_delivery, counts, occurred, event)
        row = (event, shipment, company, signer, signed, condition)
        best[stop] = max(best.get(stop, (rank, row)), (rank, row), key=lambda pair: pair[0])
    env["freight.proof"]._append([row for _rank, row in best.values()])


def keep_acceptances(env, states):
    """Keep carrier and charges of the acceptances in force as what was accepted.

    The carrier from before is not known: if the acceptance is taken back, this one stays.
    """
    identities = tuple(state.acceptance for state in states.values() if state.acceptance)
    if not identities:
        return
    env.cr.execute(
        """
        WITH kept AS (
            INSERT INTO freight_tender_acceptance
                   (event_id, shipment_id, company_id, scac, charges)
            SELECT e.id, e.shipment_id, e.company_id, p.freight_scac,
                   (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                               'code', k.code, 'currency', m.name, 'amount', c.amount::text,
                               'quantity', c.quantity::text, 'rate', c.rate::text,
                               'unit', c.unit)) ORDER BY c.id)
                      FROM freight_charge c JOIN freight_charge_code k ON k.id = c.code_id
                      JOIN res_currency m ON m.id = c.currency_id
                     WHERE c.shipment_id = s.id AND c.stage = 'tendered'
                       AND c.authorised IS NOT TRUE)
              FROM freight_event e JOIN freight_shipment s ON s.id = e.shipment_id
              LEFT JOIN res_partner p ON p.id = s.carrier_id
             WHERE (e.source_id, e.source_event_id) IN %s AND s.acceptance_id IS NULL
            ON CONFLICT (event_id) DO NOTHING
            RETURNING id, shipment_id)
        UPDATE freight_shipment s SET acceptance_id = kept.id, nominated_carrier_id = s.carrier_id
          FROM kept WHERE kept.shipment_id = s.id
        """,
        [identities],
    )


def hand_cases_over(shipments, states):
    """Let controls find the cases about what was reported, open or resolved, as theirs.

    A case was about a shipment and is about a stop now; of one about several stops each further
    stop gets a copy. So nothing is opened again that is open or was resolved.
    """
    cases = shipments.env["freight.exception"].search(
        [
            ("shipment_id", "in", shipments.ids),
            ("code", "in", list(controls.CODES)),
            ("cause", "=", False),
        ],
        order="id desc",
    )
    concerned = cases.shipment_id
    causes = concerned._control_causes(concerned._movements(states))
    now = shipments.env.cr.now()
    found = {key: controls.findings(said, now) for key, said in causes.items()}
    given, copied = {}, []
    for (shipment, code), same in cases.grouped(lambda case: (case.shipment_id, case.code)).items():
        last_first = [one for one in reversed(found[shipment.id]) if one.code == code]
        for case, finding in zip(same, last_first, strict=False):
            given[case.id] = place_of(case, finding)
        copied += [(same[-1].id, *place_of(same[-1], one)) for one in last_first[len(same) :]]
    db.update_rows(cases, PLACE, given)
    shipments.env.flush_all()
    copy_cases(shipments.env.cr, copied)


def copy_cases(cr, copied):
    """Let there be cases like those of ``copied``, (case id, values of :data:`PLACE`) each."""
    if not copied:
        return
    cr.execute(
        f"""
        INSERT INTO freight_exception ({", ".join(PLACE)}, occurrences, {SAME})
        SELECT {", ".join(f"place.{name}" for name in PLACE)}, 1, {SAME}
          FROM unnest(%s::int[], %s::text[], %s::int[], %s::text[], %s::bool[])
               AS place(case_id, {", ".join(PLACE)})
          JOIN (SELECT id AS case_id, {SAME} FROM freight_exception) same USING (case_id)
        """,
        [*map(list, zip(*copied, strict=True))],
    )


def place_of(case, finding):
    """Return the values of :data:`PLACE`."""
    key = case._place_key(case.shipment_id.id, finding.stop)
    return (key, finding.stop or None, "\n".join(finding.tokens), case.state == "open")


def control_soon(shipments):
    """Let the clock look at what is not over and was heard of lately, in batches of its own."""
    shipments.env.cr.execute(
        """
        UPDATE freight_shipment s SET control_due = date_trunc('second', now() AT TIME ZONE 'UTC')
         WHERE s.id IN %s AND s.transport_state NOT IN ('cancelled', 'closed')
           AND EXISTS (SELECT FROM freight_event e WHERE e.shipment_id = s.id
                          AND e.received > now() AT TIME ZONE 'UTC' - %s::interval)
        """,
        [shipments._ids, HISTORY],
    )

"""Who is the system of record for what: domains, the fields that belong to them, the rule.

Pure: the matrix comes in as :class:`Rule` rows, as ``freight.ownership`` keeps them.
"""

from dataclasses import dataclass

#: The data domains and what they are called on screen.
DOMAINS = [
    ("customer", "Customer master"),
    ("carrier", "Carrier master"),
    ("codes", "Charge codes"),
    ("product", "Product master"),
    ("orders", "Orders"),
    ("supplier_terms", "Supplier terms"),
    ("dimensions", "Financial dimensions"),
    ("rates", "Rates"),
    ("route", "Route execution"),
    ("dispatch", "Dispatch"),
    ("events", "Carrier events"),
    ("proof", "Proof of delivery"),
    ("invoice", "Freight invoice image"),
    ("audit", "Audit outcome"),
    ("payment", "Payment reference"),
]

#: Model -> field -> domain. Fields that are not named belong to nobody in particular.
FIELDS = {
    "freight.shipment": {
        "shipper_id": "orders",
        "consignee_id": "orders",
        "bill_to_id": "orders",
        "freight_terms": "orders",
        "service": "orders",
        "incoterm": "orders",
        "origin": "orders",
        "remit_to_id": "supplier_terms",
        "mode": "route",
        "tms_id": "route",
        "planned_pickup": "route",
        "planned_delivery": "route",
        "distance": "route",
        "equipment_type_id": "dispatch",
        "carrier_id": "dispatch",
        "performing_carrier_id": "dispatch",
        "broker_id": "dispatch",
    },
    "freight.stop": {
        "sequence": "route",
        "role": "route",
        "partner_id": "route",
        "name": "route",
        "city": "route",
        "zip": "route",
        "state_code": "route",
        "country_id": "route",
        "locode": "route",
        "tz": "route",
        "window_start": "route",
        "window_end": "route",
        "onward_carrier_id": "dispatch",
        "onward_mode": "route",
        "pod_signer": "proof",
        "pod_time": "proof",
        "pod_condition": "proof",
    },
    "freight.shipment.line": {
        "product_id": "orders",
        "name": "orders",
        "quantity": "orders",
        "uom_id": "orders",
        "weight": "orders",
        "volume": "orders",
        "value": "orders",
        "currency_id": "orders",
        "handling_units": "orders",
        "freight_class": "orders",
        "hazmat": "orders",
        "un_number": "orders",
    },
}

#: The domain of the rows themselves: who may add one to a shipment or take one away.
ROWS = {"freight.stop": "route", "freight.shipment.line": "orders"}

#: Transport state from which people leave a domain to its system of record.
HELD_FROM = {"dispatch": "accepted"}
HELD_BY_DEFAULT = "released"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the matrix; ``system``, ``company`` and ``mode`` are None for any."""

    domain: str
    kind: str
    system: int | None = None
    company: int | None = None
    mode: str | None = None


def owning_rules(rules, domain, lineage, mode):
    """Return the rules in force for ``domain``: all of the most specific ones.

    A rule for a company goes before one for its parent, that before a shared one; among those of
    one company the rule for the mode of transport goes first.

    :param rules: iterable of :class:`Rule`
    :param lineage: ids of the company and its parents, nearest first
    :param mode: mode of transport of the shipment, None for none
    """
    ranked = {}
    for rule in rules:
        fits = rule.company in (None, *lineage) and rule.mode in (None, mode)
        if rule.domain == domain and fits:
            distance = lineage.index(rule.company) if rule.company else len(lineage)
            ranked.setdefault((distance, rule.mode is None), []).append(rule)
    return tuple(ranked[min(ranked)]) if ranked else ()


def owns(rules, system, kind, created=False):
    """Return whether ``rules`` (those in force) give their domain to a system.

    What created a shipment owns what it said of it, until a rule names another system.

    :param int system: the system's id
    :param str kind: the system's kind
    :param bool created: whether this system created the shipment
    """
    if any(rule.kind == kind and rule.system in (None, system) for rule in rules):
        return True
    return created and not any(rule.system for rule in rules)

"""X12 interchanges written for the tests: builders, so that each test says what it is about."""

from decimal import Decimal

ISA = (
    "ISA*00*          *00*          *ZZ*{sender:<15}*ZZ*{receiver:<15}*261102*0930*U*00401*"
    "{control:09d}*0*P*>"
)
_FUNCTIONAL = {"204": "SM", "990": "GF", "214": "QM", "210": "IM", "997": "FA", "820": "RA"}


def interchange(*sets, sender="ABCD", receiver="OURSIDE", control=1, terminator="~", line_end="\n"):
    """Return the bytes of an interchange with one group of `sets`.

    :param sets: (transaction set id, [segments between ST and SE]) for each set.
    """
    functional = _FUNCTIONAL.get(sets[0][0], "ZZ")
    segments = [
        ISA.format(sender=sender, receiver=receiver, control=control),
        f"GS*{functional}*{sender}*{receiver}*20261102*0930*{control}*X*004010",
    ]
    for number, (kind, body) in enumerate(sets, start=1):
        segments.append(f"ST*{kind}*{number:04d}")
        segments.extend(body)
        segments.append(f"SE*{len(body) + 2}*{number:04d}")
    segments.append(f"GE*{len(sets)}*{control}")
    segments.append(f"IEA*1*{control:09d}")
    return "".join(segment + terminator + line_end for segment in segments).encode()


def body_214(shipment="SHP001", pro="PRO001", statuses=(), scac="ABCD", references=()):
    """Return the segments of a 214 with one LX.

    :param statuses: (code, date, time, time code[, reason]); an appointment code (AA, AB, ...)
        goes to AT7-03. Dates are "2026-11-02" or "20261102".
    :param references: (qualifier, value) for L11.
    """
    segments = [f"B10*{pro}*{shipment}*{scac}", "LX*1"]
    for code, day, time, zone, *reason in statuses:
        reason = reason[0] if reason else "NS"
        day = day.replace("-", "")
        if code in ("AA", "AB", "EP", "LP", "ED", "LD", "XA", "X9"):
            segments.append(f"AT7***{code}*{reason}*{day}*{time}*{zone}")
        else:
            segments.append(f"AT7*{code}*{reason}***{day}*{time}*{zone}")
    segments.extend(f"L11*{value}*{qualifier}" for qualifier, value in references)
    return segments


def build_214(control=1, sender=None, **details):
    """Return a 214 interchange; see `body_214` for `details`."""
    sender = sender or details.get("scac", "ABCD")
    return interchange(("214", body_214(**details)), sender=sender, control=control)


def body_210(
    invoice="INV001",
    shipment="SHP001",
    charges=(("400", "1200.00"), ("405", "96.00")),
    scac="ABCD",
    date="20261104",
    delivered="20261103",
    pro=None,
    currency=None,
    correction="",
    total=None,
    terms="PP",
):
    """Return the segments of a 210 with one LX per charge.

    :param charges: (special charge code, amount as decimal text); "400" is sent as freight,
        that is without a code.
    :param total: the billed total where it is not the sum of the charges.
    """
    total = sum(Decimal(amount) for _code, amount in charges) if total is None else Decimal(total)
    segments = [
        f"B3**{invoice}*{shipment}*{terms}**{date}*{_cents(total)}*{correction}*{delivered}*035*{scac}"
    ]
    if currency:
        segments.append(f"C3*{currency}")
    if pro:
        segments.append(f"N9*CN*{pro}")
    segments += ["N1*BT*EXAMPLE WHOLESALE", "N3*1 MARKET STREET", "N4*DAYTON*OH*45402*US"]
    for number, (code, amount) in enumerate(charges, start=1):
        special = "" if code == "400" else f"****{code}"
        segments += [
            f"LX*{number}",
            f"L5*{number}*{_DESCRIPTIONS.get(code, code)}",
            f"L1*{number}***{_cents(Decimal(amount))}{special}",
        ]
    segments.append(f"L3*****{_cents(total)}")
    return segments


_DESCRIPTIONS = {"400": "LINE HAUL", "405": "FUEL SURCHARGE", "DSC": "DISCOUNT"}


def build_210(control=1, sender=None, **details):
    """Return a 210 interchange; see `body_210` for `details`."""
    sender = sender or details.get("scac", "ABCD")
    return interchange(("210", body_210(**details)), sender=sender, control=control)


def body_204(shipment="SHP001", scac="ABCD", purpose="00", stops=None, references=()):
    """Return the segments of a 204.

    :param stops: (stop reason code, name, city, state, ZIP, date, time) for each stop.
    :param references: (qualifier, value) for L11.
    """
    stops = stops or (
        ("LD", "NORTH PLANT", "DAYTON", "OH", "45402", "20261102", "0800"),
        ("UL", "RIVER STORE", "ERIE", "PA", "16501", "20261103", "1400"),
    )
    segments = [f"B2**{scac}**{shipment}**PP", f"B2A*{purpose}"]
    segments.extend(f"L11*{value}*{qualifier}" for qualifier, value in references)
    segments += ["N1*SH*NORTH PLANT", "N4*DAYTON*OH*45402*US"]
    for number, (reason, name, city, state, code, day, time) in enumerate(stops, start=1):
        qualifier = "69" if reason in ("LD", "CL", "PL") else "70"
        segments += [
            f"S5*{number}*{reason}",
            f"G62*{qualifier}*{day}*U*{time}*LT",
            f"N1*{'SF' if qualifier == '69' else 'ST'}*{name}",
            f"N4*{city}*{state}*{code}*US",
        ]
    segments.append("L3*42000*G*******24*L")
    return segments


def build_204(control=1, sender="SHIPPERTMS", **details):
    """Return a 204 interchange; see `body_204` for `details`."""
    return interchange(("204", body_204(**details)), sender=sender, control=control)


def wrapped(raw, width=80):
    """Return `raw` without its line ends, cut into lines of `width` columns."""
    text = raw.decode().replace("\n", "")
    return "\n".join(text[at : at + width] for at in range(0, len(text), width)).encode()


def _cents(amount):
    """Return an amount with two implied decimals."""
    return str(int(amount * 100))

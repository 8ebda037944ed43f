"""EDIFACT interchanges written for the tests."""


def message(kind, body, control="1", version="D:00B:UN"):
    """Return the segments of one message around `body`."""
    return [f"UNH+{control}+{kind}:{version}", *body, f"UNT+{len(body) + 2}+{control}"]


def interchange(*messages, control="77", una="", line_end="\n"):
    """Return the bytes of an interchange of `messages`, each a list of segments."""
    segments = [f"UNB+UNOC:3+RAILCO:ZZZ+OURSIDE:ZZZ+261102:0930+{control}"]
    for segments_of_one in messages:
        segments.extend(segments_of_one)
    segments.append(f"UNZ+{len(messages)}+{control}")
    return (una + "".join(f"{segment}'{line_end}" for segment in segments)).encode()


def body_iftsta(bol="BOL42", container="TSTU1234565", status="P", occurred="202611021030"):
    """Return the segments of a rail IFTSTA: one status, and a leg with four places."""
    return [
        "BGM+23+REPORT7+9",
        "DTM+137:202611021100:203",
        "NAD+CA+ABCD:160++RAIL COMPANY",
        f"RFF+BM:{bol}",
        "RFF+4F:9911",
        "CNI+1",
        f"STS+1+{status}::ZZ:Left the ramp, it?'s moving",
        f"RFF+BM:{bol}",
        f"RFF+EQ:{container}",
        f"DTM+334:{occurred}:203",
        "LOC+175+USDAY:139::DAYTON+US:162",
        "TDT+1++2+25+ABCD:172",
        "LOC+9+USOAK:139::OAKLAND RAMP",
        "DTM+186:202610291415:203",
        "LOC+11+USCHI:139::CHICAGO RAMP",
        "DTM+178:202611010505:203",
        "DTM+133:202611031630:203",
        "LOC+7+USCLE:139::CLEVELAND",
        "DTM+132:202611040700:203",
        f"EQD+CN+{container}+45G1:102:5",
    ]


def build_iftsta(**details):
    """Return an interchange with one IFTSTA; see `body_iftsta` for `details`."""
    return interchange(message("IFTSTA", body_iftsta(**details)))

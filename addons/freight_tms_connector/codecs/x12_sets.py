"""Loop structures of the X12 transaction sets of freight, releases 4010 to 5010, as data.

The lines stand in the order in which the segments are written. Where carriers put segments one
level higher or lower than the standard does, both places are listed. `REQUIRED` names the segment
that a set cannot be understood without, `COMPOSITES` the tags whose elements may hold components
(elsewhere the separator is a character like any other, for free text uses it).
"""

from .structure import parse_structure

_TEXTS = {
    # Motor carrier load tender
    "204": """
B2 B2A L11 G62 MS3 AT5 PLD LH6 NTE
N1: N2 N3 N4 L11 G61
N7: N7A N7B MEA M7
S5: L11 G62 AT8 LAD AT5 PLD NTE
  N1: N2 N3 N4 G61 L11
  L5: AT8
    G61: L11 LH6
      LH1: LH2 LH3 LFH LEP LH4 LHT LHR LHE
    LH1: LH2 LH3 LFH LEP LH4 LHT LHR LHE
  LH1: LH2 LH3 LFH LEP LH4 LHT LHR LHE
  OID: G62 LAD L11
    L5: AT8
      G61: L11 LH6
        LH1: LH2 LH3 LFH LEP LH4 LHT LHR LHE
      LH1: LH2 LH3 LFH LEP LH4 LHT LHR LHE
  N7: N7A N7B MEA M7
L3
""",
    # Response to a load tender
    "990": """
B1 N9 G62 N7 L9 V9 K1 L11
N1: N2 N3 N4
S5: N9 L11 G62 K1
""",
    # Carrier shipment status
    "214": """
B10 L11 MAN K1
N1: N2 N3 N4 G62 L11
MS3
LX:
  AT7: MS1 MS2 M7
  L11 MAN Q7 K1 AT5 AT8
  N1: N2 N3 N4 G62 L11
  CD3: L11 Q7 AT8 MAN
    NM1: Q7 N1 N2 N3 N4
  PRF: N1 N2 N3 N4 L11
  SPO: SDQ
""",
    # Motor carrier freight details and invoice
    "210": """
B3 B2A C2 C3 ITD L11 N9 G62 R3 H3 K1 NTE
N1: N2 N3 N4 N9 L11
N7: M7
SPO: SDQ
S5: N9 L11 G62 H3
  N1: N2 N3 N4 N9 L11
  N7: M7
L5 L0 L1 L4 L7
LX: N9 L11 POD L5 H1 H2 L0 L1 L4 L7 K1 AT8
  SPO: SDQ
  N1: N2 N3 N4 N9
    CD3: N9 H6 L9 POD G62
L3
""",
    # Functional acknowledgement
    "997": """
AK1
AK2:
  AK3: AK4
  AK5
AK9
""",
    # Payment order and remittance advice
    "820": """
BPR NTE TRN CUR REF DTM TXP
N1: N2 N3 N4 REF PER
ENT: NM1
  RMR: NTE REF DTM
    IT1: REF
    ADX: NTE
      REF: DTM
RMR: NTE REF DTM
  ADX: NTE
ADX: NTE REF DTM
""",
}

STRUCTURES = {number: parse_structure(text) for number, text in _TEXTS.items()}

REQUIRED = {"204": "B2", "990": "B1", "214": "B10", "210": "B3", "997": "AK1", "820": "BPR"}

COMPOSITES = frozenset({"AK4", "CTX", "MEA", "N9", "REF", "SLN"})

FUNCTIONAL_GROUPS = {
    "204": "SM",
    "990": "GF",
    "214": "QM",
    "210": "IM",
    "997": "FA",
    "820": "RA",
}

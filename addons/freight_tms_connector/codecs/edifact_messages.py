"""Segment groups of the EDIFACT messages of freight (directories D.95B to D.01B), as data.

The lines stand in the order in which the segments are written. The service segment UNS returns to
the level of the message by itself, for no group lists it.
"""

from .structure import parse_structure

_TEXTS = {
    # International multimodal status report
    "IFTSTA": """
BGM DTM TSR
NAD: LOC
  CTA: COM
RFF: DTM
LOC: DTM
FTX CNT
CNI: LOC CNT
  STS: RFF DTM DOC FTX LOC
    NAD: LOC
      CTA: COM
    TDT: DTM RFF
      LOC: DTM
    EQD: MEA DIM SEL RFF TPL TMD
      EQA: SEL
    GID: HAN SGP DGS FTX
      MEA: EQN
      DIM: EQN
      PCI: GIN
""",
    # Instruction: booking, shipping instruction, transport order
    "IFTMIN": """
BGM CTA COM DTM TSR CUX MOA FTX CNT DOC GDS UNS
LOC: DTM
TOD: LOC
RFF: DTM
GOR: DTM LOC SEL FTX
  DOC: DTM
CPI: CUX LOC MOA
TCC: LOC FTX CUX PRI EQN PCD MOA QTY
TDT: DTM TSR
  LOC: DTM
  RFF: DTM
NAD: LOC
  CTA: COM
  DOC: DTM
  TCC: CUX PRI EQN PCD MOA QTY
  RFF: DTM
  CPI: CUX LOC MOA
  TSR: RFF LOC TPL FTX
GID: HAN TMP RNG TMD LOC MOA PIA GIN FTX PCD
  NAD: DTM
  GDS: FTX
  MEA: EQN
  DIM: EQN
  RFF: DTM
  PCI: RFF DTM GIN
  DOC: DTM
  GOR: DTM LOC SEL FTX
  TPL: MEA
  SGP: MEA
    NAD: DTM
  TCC: CUX PRI EQN PCD MOA QTY
  DGS: FTX
    CTA: COM
    MEA: EQN
    SGP: MEA
EQD: EQN TMD MEA DIM SEL TPL HAN TMP FTX RFF
  NAD: DTM
  EQA: EQN
  DGS: FTX
    CTA: COM
""",
    # Invoice
    "INVOIC": """
BGM DTM PAI ALI IMD FTX LOC GIS DGS
RFF: DTM GIR LOC MEA QTY FTX MOA
NAD: LOC FII
  RFF: DTM
  DOC: DTM
  CTA: COM
CUX: DTM
PAT: DTM PCD MOA
TDT: TSR
  LOC: DTM
  RFF: DTM
TOD: LOC
EQD: SEL
PAC: MEA
  PCI: RFF DTM GIN
ALC: ALI
  QTY: RNG
  PCD: RNG
  MOA: RNG
  RTE: RNG
  TAX: MOA
LIN: PIA IMD MEA QTY PCD ALI DTM GIN GIR QVR EQD FTX DGS
  MOA: CUX
  PAT: DTM PCD MOA
  PRI: APR RNG DTM
  RFF: DTM
  PAC: MEA
    PCI: RFF DTM GIN
  LOC: QTY DTM
  TAX: MOA LOC
  NAD: LOC
    RFF: DTM
    CTA: COM
  ALC: ALI
    QTY: RNG
    PCD: RNG
    MOA: RNG
    RTE: RNG
    TAX: MOA
  TDT: TSR
    LOC: DTM
  TOD: LOC
UNS CNT
MOA: RFF
TAX: MOA LOC
""",
    # Syntax and service report: the acknowledgement
    "CONTRL": """
UCI
UCF:
  UCM: UCS UCD
UCM:
  UCS: UCD
""",
}

STRUCTURES = {name: parse_structure(text) for name, text in _TEXTS.items()}

REQUIRED = {"IFTSTA": "BGM", "IFTMIN": "BGM", "INVOIC": "BGM", "CONTRL": "UCI"}

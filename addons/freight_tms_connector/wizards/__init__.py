from . import freight_mapping_overlap

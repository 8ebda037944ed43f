from . import freight_mapping_file
from . import freight_mapping_overlap
from . import freight_mapping_try
from . import freight_unmapped_map

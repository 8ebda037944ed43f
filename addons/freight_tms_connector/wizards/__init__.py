from . import freight_mapping_overlap
from . import freight_api_issue
from . import freight_credential_rotation

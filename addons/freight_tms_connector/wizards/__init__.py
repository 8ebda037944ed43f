from . import freight_mapping_overlap
from . import freight_message_choice
from . import freight_message_rerun
from . import freight_message_dismiss
from . import freight_message_fix
from . import freight_unmapped_map
from . import freight_api_issue
from . import freight_credential_rotation

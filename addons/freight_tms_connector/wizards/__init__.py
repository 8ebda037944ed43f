from . import freight_mapping_overlap
from . import freight_folder_host_key
from . import freight_upload
from . import freight_upload_preview

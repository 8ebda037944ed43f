from . import freight_shipment
from . import freight_shipment_line
from . import res_company
from . import sale_order
from . import sale_order_portal
from . import stock_picking

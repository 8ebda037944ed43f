from . import freight_shipment
from . import freight_shipment_line
from . import purchase_order
from . import stock_picking

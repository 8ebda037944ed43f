from . import freight_bench

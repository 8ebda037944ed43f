"""Write docs/roles.rst anew: what the roles may, model by model and method by method.

The page is made where it is checked, in a test, for only an installed database knows the rights.
"""

import os
import sys

import test

if __name__ == "__main__":
    os.environ["FREIGHT_WRITE_ROLES"] = "1"
    sys.exit(test.main(["tests/test_roles.py", "-q", "-k", "TestPage"]))

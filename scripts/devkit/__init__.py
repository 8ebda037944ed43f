"""What `make` needs to set up, start, test and stop the suite.

Everything used before `.venv` exists (checkout, problem, tasks, odoo_source, python_env) runs on
the standard library of Python 3.9 or newer; the rest runs inside `.venv`.
"""

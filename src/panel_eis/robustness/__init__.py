"""What the findings owe to decisions.

``panels`` makes the panel as other decisions about the data would, ``tables`` runs every specification, ``alternatives``
gives one row for each way to estimate the main association, and ``steps`` reads and writes files for the build.
"""

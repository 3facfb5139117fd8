"""panel_eis: a reproducible panel on how social impact evaluation is appropriated.

Wave files are read, harmonised and validated into a panel; models relate appropriation to
membership in federations and to public support; exhibits and the white paper are made from them.

Nothing is imported here on purpose: ``import panel_eis`` costs nothing beyond Python itself.
"""

__version__ = "0.1.0"

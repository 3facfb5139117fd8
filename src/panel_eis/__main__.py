"""``python -m panel_eis`` is the command ``panel-eis``."""

from panel_eis.cli import main

if __name__ == "__main__":
    main()

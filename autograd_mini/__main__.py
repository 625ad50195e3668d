"""Run the command line as ``python -m autograd_mini``."""

import sys

from .cli import main

sys.exit(main())

"""`python -m provenance`, the same as the command `provenance`."""

import sys

from provenance.cli import main

sys.exit(main())

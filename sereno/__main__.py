"""`python -m sereno`: the same as the command `sereno`."""

import sys

from sereno.cli import main

sys.exit(main())

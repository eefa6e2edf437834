import sys

from lms.app import create_app
from lms.errors import SettingsError

# What gunicorn ends with when an application cannot be loaded. After any other code it would start the process
# again, and again, for ever.
CANNOT_BE_LOADED = 4

try:
    app = create_app()
except SettingsError as wrong:
    sys.stderr.write(f"Fieldwork cannot start. {wrong}\n")
    sys.exit(CANNOT_BE_LOADED)

import sys

from lms.app import create_app
from lms.errors import SettingsError

try:
    app = create_app()
except SettingsError as wrong:
    sys.exit(f"Fieldwork cannot start. {wrong}")

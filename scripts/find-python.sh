#!/bin/sh
# Prints a Python that can run this project, or says what is missing. PYTHON=/path/to/python overrides.
set -u
newest=
for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
    # Version managers leave stand-ins that only fail, so ask each one to run.
    version=$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    newest="$newest $candidate=$version"
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        command -v "$candidate"
        exit 0
    fi
done
{
    echo "Fieldwork needs Python 3.11 or newer."
    if [ -n "$newest" ]; then echo "Found only:$newest"; else echo "No Python was found on PATH."; fi
    echo "Install one (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python),"
    echo "or name it: make ${1:-run} PYTHON=/path/to/python3.12"
} >&2
exit 1

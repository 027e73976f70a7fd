#!/bin/sh
# Makes the environment of an exporter, tests/exporters/TOOL, in build/exporters/TOOL, with the first Python that it
# takes; a tool that none here can run is left out, and its tests are skipped. They conflict, so each has its own.
#     environment.sh TOOL PYTHON [PYTHON ...]
set -eu
tool=$1
shift
folder=build/exporters/$tool
needs='(3, 10)'
[ "$tool" != onnx2tf ] || needs='(3, 12)'
for python in "$@"; do
    "$python" -c "import sys, venv; sys.exit(not $needs <= sys.version_info < (3, 14))" 2>/dev/null || continue
    echo "set-up: Python packages of $tool ($folder)" >&2
    rm -rf "$folder"
    "$python" -m venv "$folder"
    "$folder/bin/python" -m pip install --disable-pip-version-check \
        --requirement "tests/exporters/$tool/requirements.txt" >"build/exporters/$tool.log" 2>&1 || {
        tail -n 20 "build/exporters/$tool.log" >&2
        rm -rf "$folder"
        exit 1
    }
    exit 0
done
echo "set-up: $tool is left out: it needs Python $needs or newer; name one with PYTHON_EXPORTERS=path" >&2

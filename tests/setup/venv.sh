#!/usr/bin/env bash
# Make the virtual environment $2 with the interpreter $1. Debian splits venv off python3; fetch it when we may.
set -euo pipefail
python=$1 venv=$2
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "atsuen: needs Python 3.11 or newer; set PYTHON=/path/to/python3.11" >&2
  exit 78
fi
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
  else
    echo "atsuen: this Python has no venv; install it with: apt-get install python3-venv" >&2
    exit 78
  fi
fi
"$python" -m venv "$venv"

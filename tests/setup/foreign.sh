#!/usr/bin/env bash
# Install the programs that the tests talk to and that are not built on our libraries: Mosquitto, VictoriaMetrics,
# systemd-analyze, libfaketime, LibreOffice Calc, Chromium, pdftotext, strace, PostgreSQL (Debian) and node-opcua, modbus-serial, jsmodbus (npm). What may not be
# installed is named; the tests that need it are then left out, which CI=true turns into a failure.
set -euo pipefail
cd "$(dirname "$0")/../.."
missing=()
command -v mosquitto >/dev/null || missing+=(mosquitto)
command -v victoria-metrics >/dev/null || missing+=(victoria-metrics)
compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null || missing+=(libfaketime)
command -v systemd-analyze >/dev/null || missing+=(systemd)
command -v soffice >/dev/null || missing+=(libreoffice-calc-nogui)
command -v chromium >/dev/null || missing+=(chromium)
command -v pdftotext >/dev/null || missing+=(poppler-utils)
command -v strace >/dev/null || missing+=(strace)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  else
    echo "atsuen: tests that need ${missing[*]} are left out; to run them: apt-get install ${missing[*]}" >&2
  fi
fi
if command -v npm >/dev/null; then
  (cd tests/foreign && npm ci --no-audit --no-fund --loglevel=error)
else
  echo "atsuen: tests that need Node 20 are left out; to run them install node and npm" >&2
fi

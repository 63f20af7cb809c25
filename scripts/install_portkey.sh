#!/bin/sh
# Installs the Portkey gateway from the committed lock file: install_portkey.sh FOLDER
# Without Node the peer tests of it are skipped; with CI=true that is a failure.
set -eu
folder=$1
source=$(dirname "$0")/../tests/peers/node
mkdir -p "$folder"
if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
    echo "Node.js and npm are not installed: the tests against Portkey's gateway will be skipped." >&2
    case ${CI:-} in 1 | true) echo "With CI=true that is a failure." >&2; exit 1 ;; esac
    exit 0
fi
echo "Installing Portkey's gateway"
cp "$source/package.json" "$source/package-lock.json" "$folder/"
(cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
touch "$folder/.ready"

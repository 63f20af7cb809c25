#!/bin/sh
# Installs a package of Node.js from its committed lock file: install_node.sh FOLDER SOURCE NAME
# Without Node what needs it is skipped; with CI=true that is a failure.
set -eu
folder=$1 source=$2 name=$3
mkdir -p "$folder"
if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
    echo "Node.js and npm are not installed: what needs $name will be skipped." >&2
    case ${CI:-} in 1 | true) echo "With CI=true that is a failure." >&2; exit 1 ;; esac
    exit 0
fi
echo "Installing $name"
cp "$source/package.json" "$source/package-lock.json" "$folder/"
(cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
touch "$folder/.ready"

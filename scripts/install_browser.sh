#!/bin/sh
# Chromium for the tests that open a report in a real browser, from the system's own packages.
# Where it cannot be installed those tests are skipped; with CI=true they fail.
set -eu
for name in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" -ne 0 ]; then
    echo "No Chromium here, and only root on Debian can be served: install it by hand." >&2
    case ${CI:-} in 1 | true) exit 1 ;; esac
    exit 0
fi
echo "Installing Chromium"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null

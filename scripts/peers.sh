#!/usr/bin/env bash
# Installs the other people's programs that some tests meet, where Debian's packages can be had. Without them those tests are skipped,
# each with its reason, and counted as skipped.
set -u
packages=(aria2 rtorrent transmission-daemon transmission-cli mktorrent opentracker python3-libtorrent tshark redis-server chromium nginx-light curl)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing+=("$package")
done
[ ${#missing[@]} = 0 ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "not installed here, so their tests will be skipped: ${missing[*]}"
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || echo "could not install ${missing[*]}"

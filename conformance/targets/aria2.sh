#!/bin/sh
# aria2 on one torrent or magnet link: source, data, port, first node of its DHT or nothing, a second torrent or nothing. Without a DHT it asks no UDP trackers.
# Asked to end by SIGTERM it leaves without a word to its trackers; by SIGINT, as its users do it, it says goodbye.
home=$(mktemp -d)
# The signal reaches aria2 too, because it goes to the whole group.
trap 'wait "$pid"; rm -rf "$home"; exit' TERM INT
aria2c --no-conf --enable-dht=true --enable-dht6=false --dht-listen-port="$3" --dht-file-path="$home/dht" --bt-enable-lpd=false \
  --enable-peer-exchange=true --listen-port="$3" --dir="$2" --seed-time=60 --seed-ratio=0 --file-allocation=none --bt-save-metadata=false \
  --quiet=true --check-integrity=true ${4:+--dht-entry-point="$4"} "$1" ${5:+"$5"} &
pid=$!
wait "$pid"
code=$?
rm -rf "$home"
exit $code

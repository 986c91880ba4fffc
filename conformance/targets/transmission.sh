#!/bin/sh
# transmission-daemon on one torrent, told by the folder that it watches: whether it speaks uTP, torrent, data, address, port, first node of its
# DHT or nothing, a second torrent or nothing. With uTP it calls everybody by that first, and by TCP half a minute later.
utp=$1 source=$2 data=$3 ip=$4 port=$5 bootstrap=$6 also=$7
dht=false
[ -z "$bootstrap" ] || dht=true
home=$(mktemp -d)
# The signal reaches the program too, because it goes to the whole group; a second one would hurry it.
trap 'wait "$pid"; rm -rf "$home"; exit' TERM INT
mkdir "$home/watch"
cat >"$home/settings.json" <<END
{ "peer-port": $port, "download-dir": "$data", "watch-dir": "$home/watch", "watch-dir-enabled": true, "rpc-enabled": false,
  "dht-enabled": $dht, "lpd-enabled": false, "utp-enabled": $utp, "port-forwarding-enabled": false, "encryption": 0,
  "preallocation": 0, "rename-partial-files": false, "bind-address-ipv4": "$ip", "cache-size-mb": 0 }
END
# The first node of its DHT comes from a file with this name.
[ -z "$bootstrap" ] || echo "$bootstrap" | tr : ' ' >"$home/dht.bootstrap"
cp "$source" ${also:+"$also"} "$home/watch/"
transmission-daemon -f -g "$home" &
pid=$!
wait "$pid"
code=$?
rm -rf "$home"
exit $code

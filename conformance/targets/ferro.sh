#!/bin/sh
# ferro as it was built beside the suite: folder, address, port, first node of its DHT or nothing, a second torrent or nothing, then the words of
# its command.
folder=$1 ip=$2 port=$3 bootstrap=$4 also=$5
shift 5
set -- "$@" ${also:+"$also"} --listen "$ip:$port" --no-lsd --state "$folder-state"
if [ -n "$bootstrap" ]; then set -- "$@" --bootstrap "$bootstrap"; else set -- "$@" --no-dht; fi
exec node ../../packages/cli/dist/bin/ferro.js "$@"

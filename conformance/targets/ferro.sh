#!/bin/sh
# ferro as it was built beside the suite: folder, port, first node of its DHT or nothing, then the words of its command.
folder=$1 port=$2 bootstrap=$3
shift 3
set -- "$@" --listen "127.0.0.1:$port" --no-lsd --state "$folder-state"
if [ -n "$bootstrap" ]; then set -- "$@" --bootstrap "$bootstrap"; else set -- "$@" --no-dht; fi
exec node ../../packages/cli/dist/bin/ferro.js "$@"

#!/bin/sh
# The first nodes of a DHT; the very first is a dumb one, or ferro's.
if [ "$NODE_KIND" = ferro ]; then
  any=0.0.0.0
  case "$BT_BOOTSTRAP" in '['*) any='[::]' ;; esac
  # Its own address is as good as none, and better than asking for names that nobody here can resolve.
  /ferro/node_modules/.bin/node --conditions=@ferro/source /ferro/packages/cli/src/main.ts dht node --listen "$any:$BT_PORT" \
    --bootstrap "$BT_BOOTSTRAP" --state /tmp --json >"$BT_LOG/ferro.log" &
  until grep -q ready "$BT_LOG/ferro.log"; do
    kill -0 $! 2>/dev/null || exit 1
    sleep 0.1
  done
fi
exec python3 /tools/node.py

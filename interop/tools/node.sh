#!/bin/sh
# The first node of the DHT: one that knows nobody and hears all, or ferro's.
[ "$NODE_KIND" = ferro ] || exec python3 /tools/node.py
any=0.0.0.0
case "$BT_BOOTSTRAP" in '['*) any='[::]' ;; esac
# Its own address is as good as none, and better than asking for names that nobody here can resolve.
/ferro/node_modules/.bin/node --conditions=@ferro/source /ferro/packages/cli/src/main.ts dht node --listen "$any:$BT_PORT" \
  --bootstrap "$BT_BOOTSTRAP" --state /tmp --json | while read -r line; do
  printf '%s\n' "$line"
  : >"$BT_LOG/ready"
done

#!/bin/sh
# Ferro, from its source.
ferro() { /ferro/node_modules/.bin/node --conditions=@ferro/source /ferro/packages/cli/src/main.ts "$@"; }
uses() { case " $BT_USE " in *" $1 "*) ;; *) return 1 ;; esac }

# Passes its input on, and says that we are ready when a line matches so many times.
ready_at() {
  left=$2
  while read -r line; do
    printf '%s\n' "$line"
    case "$line" in *"$1"*) left=$((left - 1)) ;; esac
    [ "$left" = 0 ] && : >"$BT_LOG/ready"
  done
}

case "$BT_ROLE" in
  version) exec /ferro/node_modules/.bin/node --conditions=@ferro/source /ferro/packages/cli/src/main.ts --version ;;
  tracker)
    any=0.0.0.0
    uses ipv6 && any='[::]'
    ferro tracker --http "$any:6969" --udp "$any:6969" --interval 60 --json | ready_at '"listening"' 2
    exit
    ;;
esac

any=0.0.0.0
uses ipv6 && any='[::]'
set -- --json --listen "$any:$BT_PORT"
for word in tcp utp dht pex lsd; do uses "$word" || set -- "$@" "--no-$word"; done
uses tracker || set -- "$@" --no-trackers
[ "$BT_UP_RATE" = 0 ] || set -- "$@" --limit-up "${BT_UP_RATE}k"
uses web-seed || set -- "$@" --no-web-seeds
uses dht && set -- "$@" --state "$BT_STATE" --bootstrap "$BT_BOOTSTRAP"

case "$BT_ROLE" in
  seeder) ferro seed "$BT_IN" --data "$BT_DATA" "$@" | ready_at '"ready"' 1 ;;
  leecher)
    source=$BT_IN
    case "$source" in *magnet.txt) source=$(cat "$source") ;; esac
    ferro download "$source" --out "$BT_DATA" "$@"
    ;;
  *) exit 89 ;;
esac

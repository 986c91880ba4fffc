# Reads a torrent file with aria2, which says by words and not by its exit code that it is none.
output=$(aria2c -S "$1") || { code=$?; echo "$output"; exit $code; }
echo "$output"
case "$output" in *'Info Hash'*) ;; *) exit 1 ;; esac

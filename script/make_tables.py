#!/usr/bin/env python3
"""Generate ingest/pyauparse/tables/ from Debian packages.

Usage: script/make_tables.py FOLDER, where FOLDER holds the files that these commands download (the second needs a deb-src
line):
    apt-get download linux-libc-dev libc6-dev netbase
    apt-get source --download-only audit
If there are several linux-libc-dev packages (for example of trixie and trixie-backports), they are merged, the newest last:
the kernel drops architectures (31-bit s390 after 6.12) and adds calls. Syscalls, architectures and open flags come from the
kernel's headers, socket families from libc6-dev, protocols from /etc/protocols of netbase, names of other numbers from the
tables of audit, and texts of errors from strerror(3) of this machine.
"""

import ast
import io
import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "ingest/pyauparse/tables"
UAPI = "usr/lib/linux/uapi"
CALLS = {
    "x86_64": "x86/asm/unistd_64.h",
    "x32": "x86/asm/unistd_x32.h",
    "i386": "x86/asm/unistd_32.h",
    "aarch64": "arm64/asm/unistd_64.h",
    "arm": "arm/asm/unistd-eabi.h",
    "riscv64": "riscv/asm/unistd_64.h",
    "loongarch64": "loongarch/asm/unistd_64.h",
    "s390x": "s390/asm/unistd_64.h",
    "s390": "s390/asm/unistd_32.h",
    "ppc64": "powerpc/asm/unistd_64.h",
    "ppc": "powerpc/asm/unistd_32.h",
}
ARM_OLD = "arm/asm/unistd-oabi.h"
LIBAUDIT = {
    "x86_64": "x86_64",
    "i386": "i386",
    "aarch64": "aarch64",
    "arm": "arm",
    "s390x": "s390x",
    "s390": "s390",
    "ppc64": "ppc",
    "ppc": "ppc",
}
MISPRINTS = {("signal", 30): "SIGPWR"}
"""Names that are misspelled in audit 3.0.9 (`IGPWR`)."""
OPEN_FLAGS = {"arm": "arm", "aarch64": "arm64", "ppc": "powerpc"}
"""Architectures whose asm/fcntl.h differs from asm-generic/fcntl.h, and their folder."""
AUDIT_TABLES = {
    "access": "auparse/accesstab.h",
    "bpf": "auparse/bpftab.h",
    "capability": "auparse/captab.h",
    "clock": "auparse/clocktab.h",
    "clone": "auparse/clone-flagtab.h",
    "epoll_ctl": "auparse/epoll_ctl.h",
    "family": "auparse/famtab.h",
    "fcntl": "auparse/fcntl-cmdtab.h",
    "file_type": "lib/ftypetab.h",
    "icmp_type": "auparse/icmptypetab.h",
    "inet_hook": "auparse/inethooktab.h",
    "ioctl": "auparse/ioctlreqtab.h",
    "ip_option": "auparse/ipoptnametab.h",
    "ip6_option": "auparse/ip6optnametab.h",
    "ipc": "auparse/ipctab.h",
    "ipc_flag": "auparse/ipccmdtab.h",
    "list": "lib/flagtab.h",
    "lookup_flag": "auparse/flagtab.h",
    "mmap": "auparse/mmaptab.h",
    "mount": "auparse/mounttab.h",
    "netfilter_action": "auparse/netactiontab.h",
    "netfilter_protocol": "auparse/nfprototab.h",
    "open": "auparse/open-flagtab.h",
    "openat2_resolve": "auparse/openat2-resolvetab.h",
    "packet_option": "auparse/pktoptnametab.h",
    "personality": "auparse/persontab.h",
    "prctl": "auparse/prctl-opt-tab.h",
    "prot": "auparse/prottab.h",
    "ptrace": "auparse/ptracetab.h",
    "record_type": "lib/msg_typetab.h",
    "recv": "auparse/recvtab.h",
    "rlimit": "auparse/rlimittab.h",
    "sched": "auparse/schedtab.h",
    "seccomp": "auparse/seccomptab.h",
    "seek": "auparse/seektab.h",
    "shm_flag": "auparse/shm_modetab.h",
    "signal": "auparse/signaltab.h",
    "socket_level": "auparse/sockleveltab.h",
    "socket_option": "auparse/sockoptnametab.h",
    "socket_type": "auparse/socktypetab.h",
    "socketcall": "auparse/socktab.h",
    "tcp_option": "auparse/tcpoptnametab.h",
    "umount": "auparse/umounttab.h",
}
HEADERS = (
    *("linux/audit.h", "linux/elf-em.h", "linux/mount.h", "linux/personality.h", "linux/net.h", "linux/stat.h"),
    *("linux/netlink.h", "linux/ipc.h", "asm-generic/errno-base.h", "asm-generic/errno.h"),
)
FILES = (
    *(f"usr/include/{header}" for header in (*HEADERS, "asm-generic/fcntl.h")),
    *(f"{UAPI}/{header}" for header in (*CALLS.values(), ARM_OLD, "arm/asm/unistd.h")),
    *(f"{UAPI}/{folder}/asm/fcntl.h" for folder in OPEN_FLAGS.values()),
)


class Defines:
    """Values of C macros and enumerators, computed when requested."""

    def __init__(self, *texts: str) -> None:
        self.text: dict[str, str] = {}
        for text in texts:
            plain = re.sub(r"/\*.*?\*/", " ", text.replace("\\\n", " "), flags=re.DOTALL)
            for name, value in re.findall(r"^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(.+?)[ \t]*(?://.*)?$", plain, re.M):
                self.text[name] = value
            self.text.update(re.findall(r"^\s*([A-Z]\w+)\s*=\s*([^,\n]+?)\s*,", plain, re.M))

    def value(self, expression: str) -> int:
        """The value of an expression of integers, names, | & << + - and brackets."""
        plain = re.sub(r"\b(0[xX][0-9a-fA-F]+|\d+)[uUlL]+\b", r"\1", expression)
        plain = re.sub(r"\b0([0-7]+)\b", r"0o\1", plain)
        return self._node(ast.parse(plain.strip(), mode="eval").body)

    def _node(self, node: ast.expr) -> int:
        if isinstance(node, ast.Constant) and isinstance(node.value, int):
            return node.value
        if isinstance(node, ast.Name):
            return self.value(self.text[node.id])
        if isinstance(node, ast.BinOp):
            left, right = self._node(node.left), self._node(node.right)
            if isinstance(node.op, ast.BitOr):
                return left | right
            if isinstance(node.op, ast.LShift):
                return left << right
            if isinstance(node.op, ast.Add):
                return left + right
        raise ValueError(f"not an expression of constants: {ast.dump(node)}")


def unpacked(package: Path) -> dict[str, str]:
    """The text files of a Debian package or a source tarball, by path."""
    if package.suffix == ".deb":
        data = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], check=True, capture_output=True).stdout
    else:
        data = package.read_bytes()
    found: dict[str, str] = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.isfile() else None
            if stream is not None and member.name.endswith((".h", "/gen_tables.c", "/protocols")):
                name = member.name.removeprefix("./")
                found[name if package.suffix == ".deb" else name.partition("/")[2]] = stream.read().decode("latin-1")
    return found


def entries(text: str, defines: Defines) -> dict[int, str]:
    """Number -> name from the rows `_S(NUMBER, "name")` of a table of audit; the first name of a number is used."""
    found: dict[int, str] = {}
    for number, name in re.findall(r'^\s*_S\((.+?),\s*"([^"]+)"\s*\)', text, re.M):
        found.setdefault(defines.value(number), name)
    return found


def call_numbers(texts: dict[str, str], header: str, base: str) -> dict[int, str]:
    """Number -> name from a unistd header; empty when this kernel does not have it."""
    text = texts.get(f"{UAPI}/{header}")
    if text is None:
        return {}
    defines = Defines(f"#define __NR_SYSCALL_BASE 0\n#define __X32_SYSCALL_BIT 0\n{base}", text)
    names = [name for name in defines.text if re.match(r"__(ARM_)?NR_", name)]
    skipped = re.compile(r"__NR_(SYSCALL_BASE|syscalls|arch_specific_syscall)$|__ARM_NR_BASE$")
    return {
        defines.value(defines.text[name]): re.sub(r"^__(ARM_)?NR_", "", name)
        for name in reversed(names)
        if skipped.match(name) is None
    }


def all_calls(kernels: list[dict[str, str]]) -> dict[str, dict[int, str]]:
    """The calls of every architecture, from the newest kernel that has the architecture."""
    found: dict[str, dict[int, str]] = {arch: {} for arch in CALLS}
    for texts in kernels:
        for arch, header in CALLS.items():
            if arch == "arm":
                own = re.findall(r"^#define __ARM_NR_.*$", texts[f"{UAPI}/arm/asm/unistd.h"], re.M)
                found[arch].update(call_numbers(texts, ARM_OLD, "\n".join(own)))
            found[arch].update(call_numbers(texts, header, ""))
    return found


def open_flags(texts: dict[str, str], generic: dict[int, str]) -> dict[str, dict[int, str]]:
    """The open flags of each architecture with its own values, for the names in `generic`."""
    shared = texts["usr/include/asm-generic/fcntl.h"]
    found: dict[str, dict[int, str]] = {}
    for arch, folder in OPEN_FLAGS.items():
        defines = Defines(shared, texts[f"{UAPI}/{folder}/asm/fcntl.h"])
        numbers = {name: defines.value(name if name != "O_ASYNC" else "FASYNC") for name in generic.values()}
        found[f"open_{arch}"] = {number: name for name, number in numbers.items()}
    return found


def architectures(defines: Defines) -> dict[str, str]:
    """The name of each value of `arch=`, as the kernel prints it."""
    names = [name for name in defines.text if name.startswith("AUDIT_ARCH_")]
    return {f"{defines.value(name):x}": name.removeprefix("AUDIT_ARCH_").lower() for name in names}


def record_types(named: dict[int, str], defines: Defines) -> dict[int, str]:
    """The names of record types: those of audit, and those of the kernel for newer types."""
    found = dict(named)
    for name in defines.text:
        if re.match(r"AUDIT_(?!FIRST_|LAST_|ARCH_|KERNEL$)[A-Z]\w+$", name) and re.match(
            r"1[1-9]\d\d$", defines.text[name]
        ):
            found.setdefault(defines.value(name), name.removeprefix("AUDIT_"))
    return dict(sorted(found.items()))


def tty_keys(text: str) -> list[tuple[str, str]]:
    """The names of keys by their byte sequences in hexadecimal, in order of precedence."""
    found = []
    for sequence, name in re.findall(r'^E\(((?:"(?:[^"\\]|\\.)*")+), "([^"]+)"\)', text, re.M):
        parts = re.findall(r'"((?:[^"\\]|\\.)*)"', sequence)
        data = b"".join(part.encode("latin-1").decode("unicode_escape").encode("latin-1") for part in parts)
        found.append((data.hex(), name))
    return found


def protocols(text: str) -> dict[int, str]:
    """The protocols by number, from /etc/protocols."""
    found: dict[int, str] = {}
    for name, number in re.findall(r"^([\w.+-]+)\s+(\d+)", text, re.M):
        found.setdefault(int(number), name)
    return found


def write_calls(calls: dict[str, dict[int, str]], sources: str) -> None:
    numbers = {arch: {name: number for number, name in table.items()} for arch, table in calls.items()}
    lines = [f"# Written by script/make_tables.py from {sources}.", "\t".join(("call", *calls))]
    rows = sorted(set().union(*numbers.values()))
    lines.extend("\t".join((name, *(str(numbers[arch].get(name, "")) for arch in calls))) for name in rows)
    (TARGET / "syscalls.tsv").write_text("\n".join(lines) + "\n")


def main(folder: Path) -> None:
    kernels = sorted(
        folder.glob("linux-libc-dev_*.deb"), key=lambda path: [int(n) for n in re.findall(r"\d+", path.name)]
    )
    [libc], [netbase] = folder.glob("libc6-dev_*.deb"), folder.glob("netbase_*.deb")
    [audit] = folder.glob("audit_*.orig.tar.gz")
    sources = ", ".join(
        re.sub(r"_(all|amd64)\.deb$|\.orig.*", "", path.name).replace("_", " ")
        for path in (*kernels, libc, netbase, audit)
    )
    texts = [{name: text for name, text in unpacked(path).items() if name in FILES} for path in kernels]
    newest = texts[-1]
    calls = all_calls(texts)
    user = unpacked(audit)
    socket = next(text for name, text in unpacked(libc).items() if name.endswith("bits/socket.h"))
    kernel = Defines(*(newest[f"usr/include/{header}"] for header in HEADERS))
    defines = Defines(
        user["lib/libaudit.h"],
        user["lib/gen_tables.c"],
        socket,
        *(newest[f"usr/include/{header}"] for header in HEADERS),
    )
    tables: dict[str, object] = {"sources": sources, "arch": architectures(kernel)}
    numbered = {name: entries(user[path], defines) for name, path in AUDIT_TABLES.items()}
    numbered["record_type"] = record_types(numbered["record_type"], kernel)
    numbered.update(open_flags(newest, numbered["open"]))
    numbered["protocol"] = protocols(
        next(text for name, text in unpacked(netbase).items() if name.endswith("/protocols"))
    )
    numbered["errno"] = entries(user["lib/errtab.h"], defines)
    for (table, number), name in MISPRINTS.items():
        numbered[table][number] = name
    tables.update(numbered)
    tables["errno_text"] = {number: os.strerror(number) for number in numbered["errno"]}
    tables["libaudit_call"] = {
        arch: {
            number: name
            for number, name in entries(user[f"lib/{table}_table.h"], defines).items()
            if calls[arch].get(number) != name
        }
        for arch, table in LIBAUDIT.items()
    }
    tables["tty_key"] = tty_keys(user["auparse/tty_named_keys.h"])
    text = json.dumps(tables, indent=1)
    text = re.sub(r"\[\n\s+(\"[^\"]*\"),\n\s+(\"(?:[^\"\\]|\\.)*\")\n\s+\]", r"[\1, \2]", text)
    (TARGET / "constants.json").write_text(text + "\n")
    write_calls(calls, sources)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

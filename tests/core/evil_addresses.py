"""Every way we know to write an address that must not be called, and the names that lead to one."""

from itertools import product

# What a name server says, in place of one. A name of several answers gives the next at each look-up: rebinding.
NAMES: dict[str, list[list[str]]] = {
    "good.example": [["93.184.215.14"]],
    "localhost": [["127.0.0.1", "::1"]],
    "localhost.localdomain": [["127.0.0.1"]],
    "ip6-localhost": [["::1"]],
    "metadata": [["169.254.169.254"]],
    "metadata.google.internal": [["169.254.169.254"]],
    "instance-data": [["169.254.169.254"]],
    "kubernetes.default.svc": [["10.96.0.1"]],
    "host.docker.internal": [["192.168.65.2"]],
    "mixed.example": [["93.184.215.14", "10.0.0.8"]],
    "mixed-other-way.example": [["::1", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]],
    "rebinding.example": [["127.0.0.1"], ["93.184.215.14"]],
    "xn--bcher-kva.example": [["192.168.1.1"]],
    "nobody.example": [[]],
}

_V4 = (
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.254",
    "127.0.0.1", "127.0.1.1", "127.255.255.254", "168.63.129.16", "169.254.0.1", "169.254.169.253", "169.254.169.254",
    "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.0.192", "192.0.2.1",
    "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "192.175.48.1", "198.18.0.1",
    "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
)  # fmt: skip

_V6 = (
    "::", "::1", "0:0:0:0:0:0:0:1", "0000:0000:0000:0000:0000:0000:0000:0001", "::0001", "0::1", "::0:1",
    "::ffff:127.0.0.1", "::ffff:7f00:1", "::FFFF:7F00:0001", "0:0:0:0:0:ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "::127.0.0.1", "::7f00:1",
    "::a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b::808:808",
    "64:ff9b:1::7f00:1", "64:ff9b:1::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:a00:1::", "2002:808:808::",
    "2001::1", "2001:0:53aa:64c::", "2001:0:7f00:1::", "2001:10::1", "2001:20::1", "2001:2::1", "2001:db8::1",
    "3fff::1", "5f00::1", "100::1", "fc00::1", "fd00::1", "fd00:ec2::254", "fdff:ffff::1", "fe80::1", "fe80::a9fe:a9fe",
    "febf::1", "fec0::1", "feff::1", "ff00::1", "ff02::1", "ff05::1:3", "ff0e::1", "4000::1", "e000::1",
)  # fmt: skip


def _spellings(address: str) -> list[str]:
    """One address as C libraries, browsers and people have written it."""
    a, b, c, d = (int(part) for part in address.split("."))
    whole = (a << 24) | (b << 16) | (c << 8) | d
    return [
        str(whole),
        hex(whole),
        hex(whole).upper().replace("X", "x"),
        f"0{whole:o}",
        f"{a}.{(b << 16) | (c << 8) | d}",
        f"{a}.{b}.{(c << 8) | d}",
        f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}",
        f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        f"0x{a:x}.0{b:o}.{(c << 8) | d}",
        f"{a}.{b}.{c}.0x{d:x}",
        f"{a:03}.{b:03}.{c:03}.{d:03}",
        f"{whole + 2**32}",
    ]


_WRITTEN = [
    # Digits, dots and letters that are mapped to plain ones.
    "https://\uff11\uff12\uff17.0.0.1/", "https://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/", "https://127\u30020\u30020\u30021/",
    "https://127\uff0e0\uff0e0\uff0e1/", "https://127\uff610\uff610\uff611/", "https://\u0661\u0662\u0667.0.0.1/",
    "https://\U0001d7cf\U0001d7d0\U0001d7d5.0.0.1/", "https://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3/",
    "https://loc\u00adalhost/", "https://local\u200bhost/", "https://\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54/",
    "https://127.0.0.1\u2215.good.example/", "https://b\u00fccher.example/", "https://bu\u0308cher.example/",
    # Who is the host, and who the user?
    "https://good.example@127.0.0.1/", "https://good.example:443@127.0.0.1/", "https://127.0.0.1@good.example/",
    "https://user:secret@good.example/", "https://good.example%40127.0.0.1/",
    "https://good.example\\@127.0.0.1/", "https://127.0.0.1\\@good.example/", "https://127.0.0.1#@good.example/",
    "https://127.0.0.1?@good.example/", "https://127.0.0.1;@good.example/",
    "https://good.example:@127.0.0.1/", "https://a:b:c@127.0.0.1/", "https://127.0.0.1%2f@good.example/",
    "https://127.0.0.1%00.good.example/", "https://127.0.0.1%20.good.example/", "https://[::1]@good.example/",
    # Slashes, spaces and signs that cannot be seen.
    "https:127.0.0.1", "https:/127.0.0.1/", "https:///127.0.0.1/", "https:////127.0.0.1/", "https:\\\\127.0.0.1\\",
    "https:/\\127.0.0.1/", "//127.0.0.1/", "/\\127.0.0.1", "127.0.0.1", "127.0.0.1:443", " https://127.0.0.1/",
    "https://127.0.0.1 /", "https://127.0.0.1\t/", "ht\ntps://127.0.0.1/", "https://127.0.0.1\r\nHost: good.example/",
    "https://127.0.0.1\x00/", "\x01https://127.0.0.1/", "https://good.example\r\n/", "https://good.example/\r\nX: y",
    "https://good.example\u2028/", "", " ", "https://", "https:", "https://?", "https://#", "https://:443/", "https://./",
    "https://../", "https://.good.example/", "https://good..example/", "https://-good.example/", "https://good.example-/",
    "https://good.example../", "https://good_.exam ple/", "https://" + "a" * 64 + ".example/",
    "https://" + "a." * 127 + "example/", "https://%31%32%37.0.0.1/",
    "https://127%2e0%2e0%2e1/", "https://127.0.0.1%23/", "https://localhost%/", "https://{127.0.0.1}/", "https://`127.0.0.1`/",
    "https://127.0.0.1|good.example/", "https://127.0.0.1,good.example/", "https://(127.0.0.1)/", "https://*/",
    # Brackets and zones.
    "https://[::1%25lo]/", "https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/", "https://[::1%]/", "https://[127.0.0.1]/",
    "https://[::1].good.example/", "https://[::1/", "https://::1/", "https://::1]/", "https://[]/", "https://[v1.x]/",
    "https://[::ffff:0x7f.1]/", "https://[::1]:8444/", "https://[2606:4700::1111%25lo]/", "https://[0]/", "https://[:]/",
    # Ports.
    *(f"https://good.example:{port}/" for port in (
        "0", "1", "21", "22", "25", "80", "444", "5432", "6379", "8000", "8080", "9200", "11211", "65535", "65536",
        "-443", "443443", "0x1bb", "443a", "443.0")),
    *(f"https://127.0.0.1:{port}/" for port in ("443", "8443", "0443", "8443:443", "")),
    # Schemes.
    *(f"{scheme}://good.example/" for scheme in (
        "http", "HTTP", "ftp", "file", "gopher", "dict", "ldap", "ldaps", "tftp", "jar", "netdoc", "ws", "wss", "sftp",
        "ssh", "telnet", "data", "javascript", "phar", "unix", "http+unix", "https+unix", "httpss", "https.")),
    "file:///etc/passwd", "gopher://127.0.0.1:6379/_FLUSHALL", "dict://127.0.0.1:11211/stat", "data:text/plain,x",
    "javascript:alert(1)", "unix:///var/run/docker.sock", "http+unix://%2Fvar%2Frun%2Fdocker.sock/", "mailto:a@good.example",
    "view-source:https://127.0.0.1/", "url:https://127.0.0.1/", "https:https://127.0.0.1/", "http://127.0.0.1/",
    "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "https,http://127.0.0.1/",
]  # fmt: skip

# Careless rather than evil: another program might read another host or port than we do, so they are not kept either.
CARELESS = (
    "https://@good.example/", "https://:@good.example/", "https://good.example#@127.0.0.1/", "https://good.example#",
    "https://good.example/" + "a" * 2048, "https://good.example:+443/", "https://good.example:4_43/", "https://good.example: 443/",
    "https://good.example:\u0664\u0664\u0663/", "https://good.example:\uff14\uff14\uff13/", "https://good.example:000443/",
    "https://good.example/\u00a0", "https://good.example/a b", "https://good.example/\\..",
)  # fmt: skip


def evil_addresses() -> list[str]:
    """All forms, each once."""
    numbers = [
        spelling
        for address in ("127.0.0.1", "169.254.169.254", "10.0.0.1", "8.8.8.8")
        for spelling in _spellings(address)
    ]
    odd = [
        "127.1",
        "127.0.1",
        "0",
        "0x7f.1",
        "0177.1",
        "00",
        "0x0",
        "127.0.0.1.1",
        "127.0.0.256",
        "256.0.0.1",
        "0x7f000001.",
        "1.0x",
    ]
    names = [name for name in NAMES if name not in ("good.example", "rebinding.example")]
    hosts = [*_V4, *numbers, *odd, *(f"[{address}]" for address in _V6), *names, *(f"{n}." for n in names), "LOCALHOST"]
    forms = [f"https://{host}{port}/" for host, port in product(hosts, ("", ":8443"))]
    return list(dict.fromkeys([*forms, *_WRITTEN]))

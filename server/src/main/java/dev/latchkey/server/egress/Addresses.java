package dev.latchkey.server.egress;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;

/** Which addresses lie on the public internet (IANA's special-purpose registries, RFC 6890; security.md B1). */
final class Addresses {
    private Addresses() {}

    static boolean isPublic(InetAddress address) {
        return switch (address) {
            case Inet4Address four -> isPublicFour(four.getAddress());
            case Inet6Address six -> isPublicSix(six.getAddress());
            default -> false;
        };
    }

    private static boolean isPublicFour(byte[] octets) {
        int a = octets[0] & 0xff;
        int b = octets[1] & 0xff;
        int c = octets[2] & 0xff;
        int d = octets[3] & 0xff;
        boolean special = a == 0
                || a == 10
                || a == 127
                || a >= 224 // multicast, reserved, broadcast
                || a == 100 && b >= 64 && b < 128 // shared by carriers (CGNAT)
                || a == 169 && b == 254 // link-local, and the clouds' metadata
                || a == 172 && b >= 16 && b < 32
                || a == 192 && b == 168
                || a == 192 && b == 0 && (c == 0 || c == 2)
                || a == 192 && b == 88 && c == 99 // 6to4 relays
                || a == 198 && (b == 18 || b == 19) // benchmarks
                || a == 198 && b == 51 && c == 100
                || a == 203 && b == 0 && c == 113
                || a == 168 && b == 63 && c == 129 && d == 16; // Azure's metadata, on a public number
        return !special;
    }

    /** Global unicast is 2000::/3, without the parts of it that mean something else. */
    private static boolean isPublicSix(byte[] octets) {
        int first = (octets[0] & 0xff) << 8 | octets[1] & 0xff;
        int second = (octets[2] & 0xff) << 8 | octets[3] & 0xff;
        boolean global = (first & 0xe000) == 0x2000;
        boolean special = first == 0x2002 // 6to4 carries an IPv4 address
                || first == 0x2001 && second < 0x0200 // Teredo, benchmarks, ORCHID
                || first == 0x2001 && second == 0x0db8 // documentation
                || first == 0x3fff && second < 0x1000; // documentation
        return global && !special;
    }
}

package dev.latchkey.server.egress;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;

/** Which addresses lie on the public internet (IANA's special-purpose registries; security.md B1). */
final class Addresses {
    private Addresses() {}

    static boolean isPublic(InetAddress address) {
        if (address.isLoopbackAddress()
                || address.isAnyLocalAddress()
                || address.isLinkLocalAddress()
                || address.isSiteLocalAddress()
                || address.isMulticastAddress()) {
            return false;
        }
        return switch (address) {
            case Inet4Address four -> isPublic(four.getAddress());
            case Inet6Address six -> isPublicSix(six.getAddress());
            default -> false;
        };
    }

    private static boolean isPublic(byte[] octets) {
        int a = octets[0] & 0xff;
        int b = octets[1] & 0xff;
        int c = octets[2] & 0xff;
        boolean special = a == 0
                || a >= 240
                || a == 100 && b >= 64 && b < 128 // shared by carriers (CGNAT)
                || a == 192 && b == 0 && (c == 0 || c == 2)
                || a == 198 && (b == 18 || b == 19)
                || a == 198 && b == 51 && c == 100
                || a == 203 && b == 0 && c == 113;
        return !special;
    }

    private static boolean isPublicSix(byte[] octets) {
        int first = (octets[0] & 0xff) << 8 | octets[1] & 0xff;
        int second = (octets[2] & 0xff) << 8 | octets[3] & 0xff;
        boolean special = first == 0 // mapped and compatible IPv4
                || (first & 0xfe00) == 0xfc00 // unique local
                || first == 0x0064 && second == 0xff9b // NAT64
                || first == 0x2002 // 6to4 carries an IPv4 address
                || first == 0x2001 && (second == 0x0db8 || second == 0) // documentation, Teredo
                || first == 0x0100;
        return !special;
    }
}

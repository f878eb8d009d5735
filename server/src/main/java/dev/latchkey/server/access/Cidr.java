package dev.latchkey.server.access;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;

/** A range of addresses, such as {@code 203.0.113.0/24} (RFC 4632) or {@code 2001:db8::/32} (RFC 4291 section 2.3). */
public final class Cidr {
    /** Without leading zeros, which some read as octal. */
    private static final Pattern DECIMAL = Pattern.compile("(0|[1-9]\\d{0,2})(\\.(0|[1-9]\\d{0,2})){3}");

    private final byte[] network;
    private final int bits;

    private Cidr(byte[] network, int bits) {
        this.network = network;
        this.bits = bits;
    }

    /** An address alone is a range of one. Empty for other text: no name is ever resolved. */
    public static Optional<Cidr> parse(String text) {
        int slash = text.indexOf('/');
        Optional<byte[]> address = address(slash < 0 ? text : text.substring(0, slash));
        if (address.isEmpty()) {
            return Optional.empty();
        }
        int most = address.get().length * 8;
        String length = slash < 0 ? Integer.toString(most) : text.substring(slash + 1);
        if (!length.matches("\\d{1,3}") || Integer.parseInt(length) > most) {
            return Optional.empty();
        }
        int bits = Integer.parseInt(length);
        // Bits behind the range are a slip of the pen: 10.0.0.1/8 may mean 10.0.0.0/8 or 10.0.0.1/32.
        Cidr range = new Cidr(address.get(), bits);
        return Arrays.equals(range.masked(address.get()), address.get()) ? Optional.of(range) : Optional.empty();
    }

    /** @param text an address without a port; anything else lies in no range */
    public boolean contains(String text) {
        return address(text)
                .filter(address -> address.length == network.length && Arrays.equals(masked(address), network))
                .isPresent();
    }

    /** Whether each address of the other range lies in this one. */
    public boolean contains(Cidr other) {
        return other.bits >= bits
                && other.network.length == network.length
                && Arrays.equals(masked(other.network), network);
    }

    private byte[] masked(byte[] address) {
        byte[] masked = new byte[address.length];
        for (int i = 0; i < address.length; i++) {
            int kept = Math.clamp(bits - 8L * i, 0, 8);
            masked[i] = (byte) (address[i] & 0xff << 8 - kept);
        }
        return masked;
    }

    /** IPv4-mapped IPv6 addresses (RFC 4291 section 2.5.5.2) are the IPv4 addresses that they stand for. */
    private static Optional<byte[]> address(String text) {
        if (!text.matches("[0-9a-fA-F:.]{2,45}")
                || !text.contains(":") && !DECIMAL.matcher(text).matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.ofLiteral(text).getAddress());
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    @Override
    public String toString() {
        try {
            return InetAddress.getByAddress(network).getHostAddress() + "/" + bits;
        } catch (java.net.UnknownHostException e) {
            throw new AssertionError("an address has 4 or 16 bytes", e);
        }
    }
}

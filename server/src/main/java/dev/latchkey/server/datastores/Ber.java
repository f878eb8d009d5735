package dev.latchkey.server.datastores;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** As much of BER (X.690) as LDAP's messages need (RFC 4511 section 5.1): tags of one byte, definite lengths. */
final class Ber {
    static final int INTEGER = 0x02;
    static final int OCTETS = 0x04;
    static final int ENUMERATED = 0x0a;
    static final int SEQUENCE = 0x30;

    private static final int MOST = 64 * 1024;

    private Ber() {}

    /** An element that was read. */
    record Element(int tag, byte[] content) {
        String text() {
            return new String(content, StandardCharsets.UTF_8);
        }

        /** Of an INTEGER or ENUMERATED that fits; -1 otherwise. */
        int number() {
            if (content.length == 0 || content.length > 4) {
                return -1;
            }
            int number = content[0];
            for (int i = 1; i < content.length; i++) {
                number = number << 8 | content[i] & 0xff;
            }
            return number;
        }
    }

    static byte[] element(int tag, byte[]... contents) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : contents) {
            content.writeBytes(part);
        }
        ByteArrayOutputStream element = new ByteArrayOutputStream();
        element.write(tag);
        // The long form of four bytes is right for every length.
        element.write(0x84);
        element.writeBytes(ByteBuffer.allocate(4).putInt(content.size()).array());
        element.writeBytes(content.toByteArray());
        return element.toByteArray();
    }

    static byte[] text(int tag, String text) {
        return element(tag, text.getBytes(StandardCharsets.UTF_8));
    }

    /** @param number from 0 to 127 */
    static byte[] number(int tag, int number) {
        return element(tag, new byte[] {(byte) number});
    }

    /** @throws java.io.EOFException at the end; IOException where no such element stands */
    static Element read(DataInputStream in) throws IOException {
        int tag = in.readUnsignedByte();
        int length = in.readUnsignedByte();
        if (length > 0x7f) {
            int bytes = length & 0x7f;
            length = 0;
            if (bytes == 0 || bytes > 4) {
                throw new IOException("it sends a message of no readable length");
            }
            for (int i = 0; i < bytes; i++) {
                length = length << 8 | in.readUnsignedByte();
            }
        }
        if (length < 0 || length > MOST) {
            throw new IOException("it sends a message that is longer than a login needs");
        }
        byte[] content = new byte[length];
        in.readFully(content);
        return new Element(tag, content);
    }
}

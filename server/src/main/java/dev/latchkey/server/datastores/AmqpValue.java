package dev.latchkey.server.datastores;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * As much of AMQP 1.0's types (part 1 of the specification) as a login needs. A value is a constructor and its bytes; what is inside
 * of it is parsed only when somebody asks, so a message of many levels costs nothing.
 *
 * @param descriptor what kind of list this is; -1 if it says nothing, or by a name
 * @param type the format code
 * @param content without the size
 */
record AmqpValue(long descriptor, int type, byte[] content) {
    static final int LIST = 0xd0;
    private static final int DESCRIBED = 0;
    private static final int MOST_ELEMENTS = 64;

    /** @throws java.io.EOFException at the end; IOException where no such value is */
    static AmqpValue read(DataInputStream in) throws IOException {
        int type = in.readUnsignedByte();
        if (type != DESCRIBED) {
            return new AmqpValue(-1, type, content(type, in));
        }
        int named = in.readUnsignedByte();
        AmqpValue descriptor = new AmqpValue(-1, named, content(named, in));
        int described = in.readUnsignedByte();
        return new AmqpValue(descriptor.number(), described, content(described, in));
    }

    /** The upper half of a format code says how the length is found. */
    private static byte[] content(int type, DataInputStream in) throws IOException {
        int length = switch (type >> 4) {
            case 0x4 -> 0;
            case 0x5 -> 1;
            case 0x6 -> 2;
            case 0x7 -> 4;
            case 0x8 -> 8;
            case 0x9 -> 16;
            case 0xa, 0xc, 0xe -> in.readUnsignedByte();
            case 0xb, 0xd, 0xf -> in.readInt();
            default -> -1;
        };
        if (length < 0 || length > in.available()) {
            throw new RefusedException("it sends a value that is none of AMQP's");
        }
        return in.readNBytes(length);
    }

    /** Of an unsigned number; -1 otherwise. */
    long number() {
        if (type == 0x43 || type == 0x44) {
            return 0;
        }
        if (content.length == 0 || content.length > 8 || type >> 4 > 0x8) {
            return -1;
        }
        long number = 0;
        for (byte one : content) {
            number = number << 8 | one & 0xff;
        }
        return number;
    }

    /** Of a symbol, a string or bytes; empty otherwise. */
    String text() {
        int kind = type >> 4;
        return kind == 0xa || kind == 0xb ? new String(content, StandardCharsets.UTF_8) : "";
    }

    /** Of a list; empty otherwise. */
    List<AmqpValue> elements() throws IOException {
        List<AmqpValue> elements = new ArrayList<>();
        if (type == 0xc0 || type == LIST) {
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(content));
            in.skipBytes(type == LIST ? 4 : 1);
            while (in.available() > 0 && elements.size() < MOST_ELEMENTS) {
                elements.add(read(in));
            }
        }
        return elements;
    }

    /** One symbol, or those of an array. */
    List<String> texts() throws IOException {
        if (type != 0xe0 && type != 0xf0) {
            return text().isEmpty() ? List.of() : List.of(text());
        }
        List<String> texts = new ArrayList<>();
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(content));
        in.skipBytes(type == 0xf0 ? 4 : 1);
        int element = in.readUnsignedByte();
        while (in.available() > 0 && texts.size() < MOST_ELEMENTS) {
            texts.add(new AmqpValue(-1, element, content(element, in)).text());
        }
        return texts;
    }

    /** A list of this kind with these elements. */
    static byte[] list(int descriptor, byte[]... elements) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        int size = 4;
        for (byte[] element : elements) {
            size += element.length;
        }
        out.write(new byte[] {DESCRIBED, 0x53, (byte) descriptor, (byte) LIST});
        out.writeInt(size);
        out.writeInt(elements.length);
        for (byte[] element : elements) {
            out.write(element);
        }
        return bytes.toByteArray();
    }

    static byte[] symbol(String text) throws IOException {
        return variable(0xb3, text.getBytes(StandardCharsets.US_ASCII));
    }

    static byte[] string(String text) throws IOException {
        return variable(0xb1, text.getBytes(StandardCharsets.UTF_8));
    }

    static byte[] binary(byte[] content) throws IOException {
        return variable(0xb0, content);
    }

    private static byte[] variable(int type, byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.write(type);
        out.writeInt(content.length);
        out.write(content);
        return bytes.toByteArray();
    }
}

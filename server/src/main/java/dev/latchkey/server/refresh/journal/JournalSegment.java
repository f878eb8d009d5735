package dev.latchkey.server.refresh.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * One file of the journal: {@code generation (8)} and then records of {@code length (4) | checksum (4) | number (8) | entry (1) |
 * bytes}. The checksum covers the generation, so that leftovers of an earlier use of the file are not read as records, and a torn
 * write ends the file.
 */
public final class JournalSegment {
    private static final int SIZE = 4 * 1024 * 1024;
    private static final int HEADER = 8;
    private static final int FRAME = 17;

    private final FileChannel channel;
    private long generation;
    private long position;
    private int open;

    private JournalSegment(FileChannel channel) {
        this.channel = channel;
    }

    /** Writes the whole file, so that its disk space is allocated now. */
    public static JournalSegment allocate(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            ByteBuffer zeros = ByteBuffer.allocate(64 * 1024);
            for (long at = 0; at < SIZE; at += zeros.capacity()) {
                zeros.clear();
                all(channel, zeros, at);
            }
            JournalSegment segment = new JournalSegment(channel);
            segment.start();
            channel.force(true);
            return segment;
        } catch (IOException e) {
            channel.close();
            // Half a segment takes space that others need.
            if (Files.isRegularFile(file, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
                Files.deleteIfExists(file);
            }
            throw e;
        }
    }

    /** The one of a segment's name; 0: it has none. */
    static int number(Path segment) {
        String name = segment.getFileName().toString();
        try {
            return Integer.parseInt(name.substring(0, name.indexOf('.')));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** Resets the file. */
    public void start() throws IOException {
        generation = ThreadLocalRandom.current().nextLong();
        all(channel, ByteBuffer.allocate(HEADER).putLong(generation).flip(), 0);
        position = HEADER;
        open = 0;
    }

    public ByteBuffer frame(JournalFiles.Item item) {
        ByteBuffer frame = ByteBuffer.allocate(FRAME + item.record().length);
        frame.putInt(item.record().length).putInt(0).putLong(item.number()).put((byte) (item.entry() ? 1 : 2));
        frame.put(item.record());
        frame.putInt(4, checksum(generation, frame.array(), item.record().length));
        return frame.flip();
    }

    private static int checksum(long generation, byte[] frame, int length) {
        CRC32C crc = new CRC32C();
        crc.update(ByteBuffer.allocate(8).putLong(generation).flip());
        crc.update(frame, 8, FRAME - 8 + length);
        return (int) crc.getValue();
    }

    public boolean fits(ByteBuffer framed) {
        return position + framed.remaining() <= SIZE;
    }

    public void append(ByteBuffer framed) throws IOException {
        int length = framed.remaining();
        all(channel, framed, position);
        position += length;
    }

    public void force() throws IOException {
        channel.force(false);
    }

    public void opened() {
        open++;
    }

    public void settled() {
        open--;
    }

    public boolean isSettled() {
        return open == 0;
    }

    public void close() throws IOException {
        channel.close();
    }

    private static void all(FileChannel channel, ByteBuffer bytes, long at) throws IOException {
        long position = at;
        while (bytes.hasRemaining()) {
            position += channel.write(bytes, position);
        }
    }

    /** Up to the first incomplete record. */
    public static void read(Path file, Consumer<JournalFiles.Item> found) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
        if (bytes.remaining() < HEADER) {
            return;
        }
        long generation = bytes.getLong();
        while (bytes.remaining() > FRAME) {
            int start = bytes.position();
            int length = bytes.getInt();
            int checksum = bytes.getInt();
            if (length < 0 || length > bytes.remaining() - 9) {
                return;
            }
            byte[] frame = new byte[FRAME + length];
            System.arraycopy(bytes.array(), start, frame, 0, frame.length);
            if (checksum(generation, frame, length) != checksum) {
                return;
            }
            long number = bytes.getLong();
            boolean entry = bytes.get() == 1;
            byte[] record = new byte[length];
            bytes.get(record);
            found.accept(new JournalFiles.Item(number, entry, record));
        }
    }
}

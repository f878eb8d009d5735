package dev.latchkey.server.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;

/** Writes to the client in pieces that even a slow one reads in time: a large response must not look like a stalled client. */
final class PacedWriter implements DataWriter {
    private static final int PIECE = 16 * 1024;

    private final DataWriter writer;
    private final Pace pace;

    PacedWriter(DataWriter writer, Pace pace) {
        this.writer = writer;
        this.pace = pace;
    }

    @Override
    public void write(BufferData... buffers) {
        writeNow(buffers);
    }

    @Override
    public void write(BufferData buffer) {
        writeNow(buffer);
    }

    @Override
    public void writeNow(BufferData... buffers) {
        for (BufferData buffer : buffers) {
            if (buffer.available() > 4 * PIECE) {
                for (BufferData one : buffers) {
                    writeNow(one);
                }
                return;
            }
        }
        pace.writeBegins();
        try {
            writer.writeNow(buffers);
        } finally {
            pace.writeEnds();
        }
    }

    @Override
    public void writeNow(BufferData buffer) {
        while (buffer.available() > 4 * PIECE) {
            byte[] piece = new byte[PIECE];
            int read = buffer.read(piece);
            whole(BufferData.create(piece, 0, read));
        }
        whole(buffer);
    }

    private void whole(BufferData buffer) {
        pace.writeBegins();
        try {
            writer.writeNow(buffer);
        } finally {
            pace.writeEnds();
        }
    }

    @Override
    public void flush() {
        writer.flush();
    }

    @Override
    public void close() {
        writer.close();
    }
}

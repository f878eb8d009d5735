package dev.latchkey.server.wire;

/**
 * Content in the chunked coding (RFC 9112 section 7.1), read strictly and as it arrives. Extensions and trailers are discarded, as the
 * section allows: they are not needed here, and each would be one more way to read a message differently.
 */
final class Chunks {
    /** A chunk's content, in pieces. */
    @FunctionalInterface
    interface Sink {
        void data(byte[] bytes, int from, int length);
    }

    private enum Part {
        SIZE,
        EXTENSION,
        SIZE_END,
        DATA,
        DATA_CR,
        DATA_LF,
        TRAILER,
        TRAILER_END,
        DONE
    }

    private static final int MAX_DIGITS = 15;
    /** For extensions and trailers together: more would only be an attack. */
    private static final int MAX_EXTRAS = 16 * 1024;

    private Part part = Part.SIZE;
    private long left;
    private int digits;
    private int trailer;
    private int extras;

    boolean isDone() {
        return part == Part.DONE;
    }

    /**
     * Reads until the content's end or the bytes' end.
     *
     * @return where it stopped
     * @throws RefusedRequestException when it is not in the coding
     */
    int read(byte[] bytes, int from, Sink sink) {
        int at = from;
        while (at < bytes.length && part != Part.DONE) {
            if (part == Part.DATA) {
                int length = (int) Math.min(left, bytes.length - at);
                sink.data(bytes, at, length);
                at += length;
                left -= length;
                part = left == 0 ? Part.DATA_CR : Part.DATA;
            } else {
                read(bytes[at++]);
            }
        }
        return at;
    }

    private void read(byte b) {
        switch (part) {
            case SIZE -> size(b);
            case EXTENSION -> {
                if (b == '\r') {
                    part = Part.SIZE_END;
                } else {
                    extra(b);
                }
            }
            case SIZE_END -> {
                expect(b, '\n');
                part = left == 0 ? Part.TRAILER : Part.DATA;
                digits = 0;
            }
            case DATA_CR -> {
                expect(b, '\r');
                part = Part.DATA_LF;
            }
            case DATA_LF -> {
                expect(b, '\n');
                part = Part.SIZE;
            }
            case TRAILER -> {
                if (b == '\r') {
                    part = Part.TRAILER_END;
                } else {
                    extra(b);
                    trailer++;
                }
            }
            case TRAILER_END -> {
                expect(b, '\n');
                part = trailer == 0 ? Part.DONE : Part.TRAILER;
                trailer = 0;
            }
            case DATA, DONE -> throw new IllegalStateException("read by whole pieces, or not at all");
        }
    }

    private void size(byte b) {
        int digit = Character.digit(b, 16);
        if (digit >= 0 && digits < MAX_DIGITS) {
            left = left * 16 + digit;
            digits++;
        } else if (digits > 0 && b == '\r') {
            part = Part.SIZE_END;
        } else if (digits > 0 && b == ';') {
            part = Part.EXTENSION;
        } else {
            throw RefusedRequestException.malformed("A chunk must begin with its size in hexadecimal digits.");
        }
    }

    private void extra(byte b) {
        if (RequestReader.isControl(b)) {
            throw RefusedRequestException.malformed("A chunk's extension or a trailer has a control character.");
        }
        if (++extras > MAX_EXTRAS) {
            throw RefusedRequestException.malformed("The chunks' extensions and trailers are too long.");
        }
    }

    private static void expect(byte b, char wanted) {
        if (b != wanted) {
            throw RefusedRequestException.malformed("A chunk must end with CR LF, after as many bytes as it says.");
        }
    }
}

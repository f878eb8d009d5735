package dev.latchkey.server.datastores;

import java.io.IOException;

/** The database said no, in its own words. */
final class RefusedException extends IOException {
    private static final long serialVersionUID = 1;

    RefusedException(String words) {
        super(words);
    }
}

package dev.latchkey.server.datastores;

import java.io.IOException;

/** The database refused, with its own message. */
class RefusedException extends IOException {
    private static final long serialVersionUID = 1;

    RefusedException(String words) {
        super(words);
    }
}

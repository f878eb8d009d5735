package dev.latchkey.server.datastores;

import java.io.IOException;

/** The server is not proven to be the one that was meant, so no login was sent to it. */
final class UntrustedException extends IOException {
    private static final long serialVersionUID = 1;

    UntrustedException(String words) {
        super(words);
    }
}

package dev.latchkey.server.commands;

import java.io.PrintWriter;

/** A progress bar on a terminal; elsewhere, a line for each tenth. */
final class Progress {
    private static final int WIDTH = 30;

    private final PrintWriter err;
    private final String title;
    private final long whole;
    private final boolean terminal;
    private long done;
    private int tenths;

    Progress(PrintWriter err, String title, long whole, boolean terminal) {
        this.err = err;
        this.title = title;
        this.whole = whole;
        this.terminal = terminal;
    }

    void step() {
        done++;
        int now = whole == 0 ? 10 : (int) (done * 10 / whole);
        if (terminal) {
            int filled = whole == 0 ? WIDTH : (int) (done * WIDTH / whole);
            err.printf("\r%s [%s%s] %d/%d", title, "#".repeat(filled), ".".repeat(WIDTH - filled), done, whole);
            if (done == whole) {
                err.println();
            }
            err.flush();
        } else if (now > tenths) {
            tenths = now;
            err.printf("%s: %d of %d%n", title, done, whole);
            err.flush();
        }
    }
}

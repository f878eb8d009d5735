package dev.latchkey.server.access;

import java.time.temporal.ChronoUnit;

/** The requested resource is paused. The message is for a backend or a member: the API shows it with the status 423. */
public final class PausedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String what;
    private final transient Pause pause;

    /** @param what is paused, such as {@code connection} */
    PausedException(String what, String name, Pause pause) {
        super("The " + what + " '" + name + "' has been paused since "
                + pause.since().truncatedTo(ChronoUnit.SECONDS) + " by " + pause.by() + ": " + pause.reason()
                + ". Resume it to use it again.");
        this.what = what;
        this.pause = pause;
    }

    public String words() {
        return String.valueOf(getMessage());
    }

    public String what() {
        return what;
    }

    public Pause pause() {
        return pause;
    }
}

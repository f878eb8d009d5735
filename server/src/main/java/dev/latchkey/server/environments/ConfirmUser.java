package dev.latchkey.server.environments;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** When a person is shown for whom they connect, and asked to confirm it, before anything is connected. */
public enum ConfirmUser {
    /** In every browser, once for each session. */
    ALWAYS,
    /** Unless the person came from the product's own page, or ours. */
    LINKS,
    NEVER;

    /** As the API has it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<ConfirmUser> of(String text) {
        return Stream.of(values()).filter(one -> one.text().equals(text)).findFirst();
    }
}

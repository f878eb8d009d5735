package dev.latchkey.server.pages;

/** The path below which browsers see the server: that of {@code LATCHKEY_PUBLIC_URL}. */
public final class BasePath {
    /** During a request; empty for a server at the root of its host. */
    public static final ScopedValue<String> CURRENT = ScopedValue.newInstance();

    private BasePath() {}

    public static String current() {
        return CURRENT.orElse("");
    }
}

package dev.latchkey.server.integrations;

import java.util.regex.Pattern;

/** Which unique keys an integration may have. */
public final class IntegrationKeys {
    public static final String RULE = "letters, digits, spaces and ~ : . @ _ - only, up to 255";

    private static final Pattern ALLOWED = Pattern.compile("[a-zA-Z0-9~:.@ _-]{1,255}");

    private IntegrationKeys() {}

    public static boolean isAllowed(String key) {
        return ALLOWED.matcher(key).matches();
    }
}

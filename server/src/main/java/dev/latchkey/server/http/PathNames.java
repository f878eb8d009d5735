package dev.latchkey.server.http;

import dev.latchkey.server.connections.ConnectionIds;
import dev.latchkey.server.integrations.IntegrationKeys;
import java.util.List;
import java.util.regex.Pattern;

/** The names in a path. One that nothing can have is refused with 400 {@code invalid_uri_params}, as Nango does, instead of 404. */
final class PathNames {
    private static final Pattern PROVIDER = Pattern.compile("[a-zA-Z0-9_-]{1,255}");

    private PathNames() {}

    static String integrationKey(String name) {
        return allowed(name, "uniqueKey", IntegrationKeys.isAllowed(name), IntegrationKeys.RULE);
    }

    static String connectionId(String name) {
        return allowed(name, "connectionId", ConnectionIds.isAllowed(name), ConnectionIds.RULE);
    }

    static String providerName(String name) {
        return allowed(name, "provider", PROVIDER.matcher(name).matches(), "letters, digits, _ and - only, up to 255");
    }

    private static String allowed(String name, String parameter, boolean isAllowed, String rule) {
        if (!isAllowed) {
            throw ApiError.invalid(
                    "invalid_uri_params", List.of(new ApiError.Detail("invalid_format", rule, List.of(parameter))));
        }
        return name;
    }

    /** Of a path, what is before its second slash. */
    static String firstSegment(String path) {
        return path.replaceFirst("^/*([^/]*).*", "$1");
    }
}

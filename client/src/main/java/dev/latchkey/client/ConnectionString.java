package dev.latchkey.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.latchkey.catalogue.Auth;
import dev.latchkey.catalogue.Provider;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** {@code driver://user:password@host:port/database?name=value}, with or without {@code jdbc:} before it. */
final class ConnectionString {
    private static final String NAME = "connectionString";

    private ConnectionString() {}

    /**
     * The values with the connection string's parts in its place; what is given beside it wins. Parameters that the definition has
     * no field for are left alone: some drivers load classes by them.
     *
     * @throws IllegalArgumentException when it is none; does not repeat it
     */
    static Map<String, String> expand(Provider provider, Map<String, String> given) {
        String text = given.get(NAME);
        if (text == null) {
            return given;
        }
        URI uri = parse(provider, text);
        Map<String, String> values = new LinkedHashMap<>();
        values.put("host", uri.getHost());
        if (uri.getPort() >= 0) {
            values.put("port", Integer.toString(uri.getPort()));
        }
        String path = Optional.ofNullable(uri.getPath()).orElse("");
        if (path.length() > 1) {
            values.put("database", path.substring(1));
        }
        String[] user = Optional.ofNullable(uri.getRawUserInfo()).orElse("").split(":", 2);
        if (!user[0].isEmpty()) {
            values.put("user", decode(user[0]));
        }
        if (user.length > 1) {
            values.put("password", decode(user[1]));
        }
        for (String pair : Optional.ofNullable(uri.getRawQuery()).orElse("").split("&")) {
            String[] parts = pair.split("=", 2);
            if (parts.length == 2 && provider.fields().containsKey(parts[0])) {
                values.put(parts[0], decode(parts[1]));
            }
        }
        given.forEach((name, value) -> {
            if (!name.equals(NAME)) {
                values.put(name, value);
            }
        });
        return values;
    }

    private static URI parse(Provider provider, String text) {
        String driver = provider.auth() instanceof Auth.Datastore datastore ? datastore.driver() : provider.id();
        String example = driver + "://user:password@host:port/database";
        try {
            URI uri = new URI(text.strip().startsWith("jdbc:") ? text.strip().substring(5) : text.strip());
            String scheme = Optional.ofNullable(uri.getScheme()).orElse("");
            // postgres and postgresql, mongodb and mongodb+srv, redis and rediss are one family each.
            boolean family = !scheme.isEmpty()
                    && (scheme.startsWith(driver) || driver.startsWith(scheme) || scheme.startsWith(provider.id()));
            if (!family || uri.getHost() == null) {
                throw new IllegalArgumentException("the connection string must look like " + example);
            }
            return uri;
        } catch (URISyntaxException e) {
            // Not the cause: its message repeats the text, which has a password.
            throw new IllegalArgumentException("the connection string must look like " + example
                    + "; percent-encode characters such as @ and / in the password");
        }
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), UTF_8);
    }
}

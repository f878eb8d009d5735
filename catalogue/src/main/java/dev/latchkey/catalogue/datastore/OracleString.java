package dev.latchkey.catalogue.datastore;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How Oracle's tools name a database: {@code host:1521/service} (Easy Connect), {@code host:1521:SID}, a connect descriptor in
 * brackets, and each of these as a JDBC URL. A name of {@code tnsnames.ora} is refused: that file is on the user's machine.
 */
final class OracleString {
    private static final Pattern JDBC =
            Pattern.compile("(?:jdbc:)?oracle:thin:(?:([^/@]*)/(.*))?@(.*)", Pattern.CASE_INSENSITIVE);

    private static final Pattern EASY = Pattern.compile(
            "(?:(tcps?):)?(?://)?(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+)(?::(\\d{1,5}))?(?:([/:])([^/:?@]*))?(?:\\?.*)?",
            Pattern.CASE_INSENSITIVE);

    private static final Pattern PAIR = Pattern.compile("\\(\\s*(\\w+)\\s*=\\s*([^()\\s]+)\\s*\\)");

    private OracleString() {}

    /** Empty where it is none of them. */
    static Optional<Map<String, String>> parse(String text) {
        Map<String, String> values = new LinkedHashMap<>();
        Matcher jdbc = JDBC.matcher(text);
        String at = text;
        if (jdbc.matches()) {
            at = group(jdbc, 3);
            put(values, "username", group(jdbc, 1));
            put(values, "password", group(jdbc, 2).replaceFirst("^\"(.*)\"$", "$1"));
        }
        return (at.strip().startsWith("(") ? descriptor(at, values) : easy(at.strip(), values))
                ? Optional.of(values)
                : Optional.empty();
    }

    private static boolean easy(String text, Map<String, String> values) {
        Matcher easy = EASY.matcher(text);
        // A lone word is an entry of a file.
        if (!easy.matches() || group(easy, 5).isEmpty()) {
            return false;
        }
        tls(values, group(easy, 1).equalsIgnoreCase("tcps"));
        put(values, "host", group(easy, 2));
        put(values, "port", group(easy, 3));
        put(values, group(easy, 4).equals("/") ? "database" : DatastoreAddress.SID, group(easy, 5));
        return true;
    }

    private static boolean descriptor(String text, Map<String, String> values) {
        List<String> hosts = new ArrayList<>();
        boolean encrypted = false;
        for (Matcher pair = PAIR.matcher(text); pair.find(); ) {
            String value = group(pair, 2);
            switch (group(pair, 1).toUpperCase(Locale.ROOT)) {
                case "HOST" -> hosts.add(value);
                case "PORT" -> put(values, "port", value);
                case "PROTOCOL" -> encrypted |= value.equalsIgnoreCase("tcps");
                case "SERVICE_NAME" -> put(values, "database", value);
                case "SID" -> put(values, DatastoreAddress.SID, value);
                default -> {
                    // Of what is left out, nothing changes the address.
                }
            }
        }
        tls(values, encrypted);
        put(values, "host", String.join(",", hosts));
        return !hosts.isEmpty();
    }

    private static void tls(Map<String, String> values, boolean encrypted) {
        values.put("tls", (encrypted ? DatastoreTls.VERIFY_FULL : DatastoreTls.DISABLE).word());
    }

    private static String group(Matcher matcher, int group) {
        return Optional.ofNullable(matcher.group(group)).orElse("");
    }

    private static void put(Map<String, String> values, String name, String value) {
        if (!value.isEmpty()) {
            values.put(name, value);
        }
    }

    /** The parts have been checked: none has a bracket in it. */
    static String descriptor(DatastoreAddress address, DatastoreAddress.Host host) {
        String sid = address.options().getOrDefault(DatastoreAddress.SID, "");
        boolean encrypted = address.tls() != DatastoreTls.DISABLE;
        // The certificate's name is checked by default; the word says when it is not.
        String security =
                encrypted && address.tls() != DatastoreTls.VERIFY_FULL ? "(SECURITY=(SSL_SERVER_DN_MATCH=FALSE))" : "";
        return "(DESCRIPTION=(ADDRESS=(PROTOCOL=" + (encrypted ? "tcps" : "tcp") + ")(HOST=" + host.name() + ")(PORT="
                + host.port() + "))(CONNECT_DATA="
                + (sid.isEmpty() ? "(SERVICE_NAME=" + address.database() + ")" : "(SID=" + sid + ")")
                + ")" + security + ")";
    }
}

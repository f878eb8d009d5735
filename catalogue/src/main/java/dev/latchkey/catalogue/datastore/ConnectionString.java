package dev.latchkey.catalogue.datastore;

import dev.latchkey.catalogue.template.PercentEncoding;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Reads what people paste: URLs (with several hosts, with characters that should have been percent-encoded), JDBC URLs, libpq's
 * {@code host=... user=...} and SQL Server's {@code Server=...;Password=...}. No part of the text gets into an error.
 */
final class ConnectionString {
    private static final Pattern HOST = Pattern.compile("(?:\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._\\\\-]+)(?::\\d*)?");

    /** In characters. Each at sign may end the login, so parsing takes quadratic time. */
    private static final int LONGEST = 4_096;

    private ConnectionString() {}

    /** @return values by the fields of {@link DatastoreAddress#FIELDS} */
    static Map<String, String> parse(DatastoreDriver driver, String pasted) {
        if (pasted.length() > LONGEST) {
            throw new IllegalArgumentException("the connection string is longer than " + LONGEST + " characters");
        }
        String text = bare(pasted);
        if (driver == DatastoreDriver.ORACLE && !text.startsWith("oracle://")) {
            return OracleString.parse(text).orElseThrow(() -> wrong(driver));
        }
        String string = text.regionMatches(true, 0, "jdbc:", 0, 5) ? text.substring(5) : text;
        int scheme = string.indexOf("://");
        boolean semicolons = scheme < 0 || driver == DatastoreDriver.SQLSERVER && string.indexOf(';') > scheme;
        Map<String, String> values = new LinkedHashMap<>();
        if (scheme > 0 && string.substring(0, scheme).matches("[A-Za-z][A-Za-z0-9+.-]*")) {
            String word = string.substring(0, scheme).toLowerCase(Locale.ROOT);
            if (!driver.schemes().contains(word)) {
                throw wrong(driver);
            }
            defaults(driver, word, values);
            String rest = string.substring(scheme + 3);
            if (semicolons) {
                int end = rest.indexOf(';');
                place(driver, rest.substring(0, end), values);
                pairs(driver, rest.substring(end + 1), values);
            } else {
                url(driver, rest, values);
            }
            // The name refers to DNS records that list hosts and ports.
            if (word.equals("mongodb+srv")
                    && (values.getOrDefault("host", "").contains(",") || values.containsKey("port"))) {
                throw new IllegalArgumentException(
                        "mongodb+srv:// takes one name without a port; hosts themselves stand behind mongodb://");
            }
        } else if (driver == DatastoreDriver.SQLSERVER && string.contains("=")) {
            pairs(driver, string, values);
        } else if (driver == DatastoreDriver.POSTGRESQL && string.matches("(?s)\\s*\\w+\\s*=.*")) {
            words(driver, string, values);
        } else {
            throw wrong(driver);
        }
        if (!values.containsKey("host")) {
            throw wrong(driver);
        }
        return values;
    }

    /** Of a line of an environment file, or of a command: without the variable's name and the quotes. */
    private static String bare(String pasted) {
        String text = pasted.strip().replaceFirst("^(?:export\\s+)?[A-Z][A-Z0-9_]*=(?=[\"']?[a-z][a-z0-9+:]*://)", "");
        boolean quoted =
                text.length() > 1 && "\"'`".indexOf(text.charAt(0)) >= 0 && text.endsWith(text.substring(0, 1));
        return quoted ? text.substring(1, text.length() - 1).strip() : text;
    }

    private static IllegalArgumentException wrong(DatastoreDriver driver) {
        return new IllegalArgumentException("the connection string must look like " + driver.example()
                + "; a host is a name or an address, IPv6 in brackets; percent-encode characters such as @, / and ? in the"
                + " password");
    }

    /** The values that the scheme implies. */
    private static void defaults(DatastoreDriver driver, String scheme, Map<String, String> values) {
        switch (scheme) {
            case "redis", "kafka", "oracle" -> values.put("tls", DatastoreTls.DISABLE.word());
            case "rediss", "mongodb+srv", "kafka+ssl" -> values.put("tls", DatastoreTls.VERIFY_FULL.word());
            case "mongodb" -> {
                values.put("tls", DatastoreTls.DISABLE.word());
                values.put("port", Integer.toString(driver.port()));
            }
            case "amqp" -> {
                values.put("tls", DatastoreTls.DISABLE.word());
                values.put("port", Integer.toString(driver.port()));
            }
            case "amqps" -> {
                values.put("tls", DatastoreTls.VERIFY_FULL.word());
                values.put("port", Integer.toString(driver.tlsPort()));
            }
            case "smtp", "imap", "ldap" -> {
                values.put(DatastoreAddress.START_TLS, "true");
                values.put("port", Integer.toString(driver.port()));
            }
            case "smtps", "imaps", "ldaps" -> {
                values.put(DatastoreAddress.START_TLS, "false");
                values.put("port", Integer.toString(driver.tlsPort()));
            }
            default -> {}
        }
    }

    /** The login ends at the first at sign behind which hosts stand: passwords have such characters, hosts do not. */
    private static void url(DatastoreDriver driver, String rest, Map<String, String> values) {
        for (int at = rest.indexOf('@'); at >= 0; at = rest.indexOf('@', at + 1)) {
            if (at + 1 < rest.length() && place(driver, rest.substring(at + 1), values)) {
                String[] login = rest.substring(0, at).split(":", 2);
                put(values, "username", decode(login[0]));
                put(values, "password", login.length > 1 ? decode(login[1]) : "");
                return;
            }
        }
        if (!place(driver, rest, values)) {
            throw wrong(driver);
        }
    }

    /**
     * What may follow the login: hosts, a path without an at sign, parameters that look like such. Parsed by hand: a regular
     * expression that repeats a host would use stack space for each.
     */
    private static boolean place(DatastoreDriver driver, String text, Map<String, String> values) {
        int question = text.indexOf('?');
        String beforeQuery = question < 0 ? text : text.substring(0, question);
        String query = question < 0 ? "" : text.substring(question + 1);
        int slash = beforeQuery.indexOf('/');
        String list = slash < 0 ? beforeQuery : beforeQuery.substring(0, slash);
        String path = slash < 0 ? "" : beforeQuery.substring(slash + 1);
        if (!list.isEmpty()
                        && !Stream.of(list.split(",", -1))
                                .allMatch(host -> HOST.matcher(host).matches())
                || path.indexOf('@') >= 0
                || !isQuery(query)) {
            return false;
        }
        hosts(list, values);
        put(values, "database", decode(path));
        parameters(query).forEach((name, value) -> parameter(driver, name, value, values));
        return true;
    }

    private static boolean isQuery(String query) {
        int equals = query.indexOf('=');
        String first = equals < 0 ? query : query.substring(0, equals);
        return query.isEmpty()
                || equals > 0
                        && "&@?".chars().noneMatch(c -> first.indexOf(c) >= 0)
                        && Stream.of(query.split("&", -1)).allMatch(pair -> pair.indexOf('=') >= 0);
    }

    private static void hosts(String list, Map<String, String> values) {
        String clean = list.replaceAll(":(?=,|$)", "");
        Matcher one = Pattern.compile("(\\[[^]]+\\]|[^:,]+)(?::(\\d+))?").matcher(clean);
        if (clean.contains(",")) {
            values.put("host", clean);
        } else if (one.matches()) {
            // A named instance is found by UDP, which no guard sees; its port is needed, and then its name is not.
            String[] name = one.group(1).split("\\\\", 2);
            if (name.length > 1 && one.group(2) == null) {
                throw new IllegalArgumentException(
                        "give the port of the instance, as in host,1433, instead of its name");
            }
            values.put("host", name[0]);
            put(values, "port", Optional.ofNullable(one.group(2)).orElse(""));
        }
    }

    /** Of a query; pairs without a name are left out. */
    static Map<String, String> parameters(String query) {
        Map<String, String> found = new LinkedHashMap<>();
        for (String pair : query.split("&")) {
            String[] parts = pair.split("=", 2);
            if (parts.length == 2 && !parts[0].isEmpty()) {
                found.put(decode(parts[0]), decode(parts[1]));
            }
        }
        return found;
    }

    /** One setting by any of the names that drivers have for it. */
    private static void parameter(DatastoreDriver driver, String name, String value, Map<String, String> values) {
        switch (name.toLowerCase(Locale.ROOT).replaceAll("[ _-]", "")) {
            case "host", "hostaddr", "server", "servername", "datasource", "address", "addr", "networkaddress" ->
                server(value, values);
            case "port", "portnumber" -> put(values, "port", value);
            case "dbname", "database", "databasename", "initialcatalog", "db" -> put(values, "database", value);
            case "user", "username", "userid", "uid" -> put(values, "username", value);
            case "password", "pwd" -> put(values, "password", value);
            case "sslmode" -> mode(value).ifPresent(mode -> values.put("tls", mode.word()));
            // The older names of MySQL's drivers encrypt without checking the certificate.
            case "usessl" -> values.put("tls", value.equals("true") ? DatastoreTls.REQUIRE.word() : "disable");
            case "ssl", "tls", "encrypt" ->
                mode(value)
                        .filter(mode -> mode == DatastoreTls.DISABLE || !"require".equals(values.get("tls")))
                        .ifPresent(mode -> values.put("tls", mode.word()));
            case "trustservercertificate", "tlsinsecure", "tlsallowinvalidcertificates" -> {
                if (flag(value) && !"disable".equals(values.get("tls"))) {
                    values.put("tls", DatastoreTls.REQUIRE.word());
                }
            }
            case "tlsallowinvalidhostnames" -> {
                if (flag(value) && "verify-full".equals(values.get("tls"))) {
                    values.put("tls", DatastoreTls.VERIFY_CA.word());
                }
            }
            default -> {
                Optional<String> own = driver.own().stream()
                        .filter(field -> field.equalsIgnoreCase(name))
                        .findFirst();
                if (own.isPresent()) {
                    put(values, own.get(), value);
                } else if (driver.harmless().contains(name) && value.length() <= 200) {
                    String option = PercentEncoding.form(name) + "=" + PercentEncoding.form(value);
                    values.merge("options", option, (before, more) -> before + "&" + more);
                }
            }
        }
    }

    private static Optional<DatastoreTls> mode(String value) {
        return DatastoreTls.find(value);
    }

    private static boolean flag(String value) {
        return DatastoreTls.find(value)
                .filter(mode -> mode == DatastoreTls.VERIFY_FULL)
                .isPresent();
    }

    /** {@code tcp:host\instance,port}. */
    private static void server(String value, Map<String, String> values) {
        hosts(value.replaceFirst("^(?i)tcp:", "").replaceFirst("\\s*,\\s*(\\d+)$", ":$1"), values);
    }

    /** {@code name=value;name={a;b}}: braces and quotes keep separators, doubled they stand for themselves. */
    private static void pairs(DatastoreDriver driver, String text, Map<String, String> values) {
        each(text, ';', (name, value) -> parameter(driver, name, value, values));
    }

    /** libpq: blanks separate, single quotes keep them, a backslash escapes. */
    private static void words(DatastoreDriver driver, String text, Map<String, String> values) {
        each(text, ' ', (name, value) -> parameter(driver, name, value, values));
    }

    /** What begins a value that may contain separators (OLE DB), and what ends it if that is another character. */
    private static final String QUOTES = "{\"'";

    private static final Map<Character, Character> CLOSING = Map.of(QUOTES.charAt(0), "}".charAt(0));

    private static void each(String text, char separator, BiConsumer<String, String> pair) {
        int at = 0;
        while (at < text.length()) {
            int equals = text.indexOf('=', at);
            if (equals < 0) {
                return;
            }
            String name = text.substring(at, equals).strip();
            int from = equals + 1;
            while (from < text.length() && text.charAt(from) == ' ') {
                from++;
            }
            StringBuilder value = new StringBuilder();
            char open = from < text.length() ? text.charAt(from) : separator;
            boolean quoted = (separator == ';' ? QUOTES : "'").indexOf(open) >= 0;
            char close = CLOSING.getOrDefault(open, open);
            int i = quoted ? from + 1 : from;
            for (; i < text.length(); i++) {
                char c = text.charAt(i);
                if (separator == ' ' && c == '\\' && i + 1 < text.length()) {
                    value.append(text.charAt(++i));
                } else if (quoted && c == close) {
                    if (separator == ';' && i + 1 < text.length() && text.charAt(i + 1) == close) {
                        value.append(text.charAt(++i));
                    } else {
                        break;
                    }
                } else if (!quoted && (c == separator || separator == ' ' && Character.isWhitespace(c))) {
                    break;
                } else {
                    value.append(c);
                }
            }
            pair.accept(name, quoted ? value.toString() : value.toString().strip());
            at = i + 1;
            while (at < text.length() && (text.charAt(at) == separator || Character.isWhitespace(text.charAt(at)))) {
                at++;
            }
        }
    }

    private static void put(Map<String, String> values, String name, String value) {
        if (!value.isEmpty()) {
            values.put(name, value);
        }
    }

    /** Percent-decoding that leaves a lone percent sign as it is: people paste passwords as they are. A plus is a plus. */
    static String decode(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < text.length(); ) {
            char c = text.charAt(i);
            if (c == '%' && i + 2 < text.length() && isHex(text.charAt(i + 1)) && isHex(text.charAt(i + 2))) {
                bytes.write(Integer.parseInt(text, i + 1, i + 3, 16));
                i += 3;
            } else {
                int point = text.codePointAt(i);
                bytes.writeBytes(Character.toString(point).getBytes(StandardCharsets.UTF_8));
                i += Character.charCount(point);
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static boolean isHex(char c) {
        return Character.digit(c, 16) >= 0 && c < 128;
    }
}

package dev.latchkey.server.environments;

import dev.latchkey.server.access.Pause;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An isolated set of integrations and connections ({@code dev}, {@code prod}).
 *
 * @param connectUiParents the origins whose pages may frame the Connect UI; empty: any
 * @param pause present while no caller gets its credentials and no user can connect
 * @param confirmUser when people are asked whether they are the user for whom they connect
 * @param forwarding how endpoints that do not say otherwise get providers' webhooks
 */
public record Environment(
        UUID id,
        String name,
        Optional<String> callbackUrl,
        List<String> returnUrls,
        List<String> connectUiParents,
        Optional<Pause> pause,
        ConfirmUser confirmUser,
        Forwarding forwarding) {
    /** Addresses on one list. */
    public static final int MOST_ADDRESSES = 50;

    public static final String NO_ADDRESS = "must be an https address (http for localhost) without a fragment";
    private static final String NO_ORIGIN =
            "must be an origin such as https://app.example.com or https://*.example.com (http for localhost), without a path";

    /** What is wrong with a setting. @param place of a value in a list @param value that is wrong; empty: the list as a whole */
    public record Problem(String setting, Optional<Integer> place, String code, String message, String value) {}

    /** What keeps these settings from being stored. */
    public List<Problem> problems() {
        List<Problem> problems = new ArrayList<>();
        callbackUrl
                .filter(url -> !isWebAddress(url))
                .ifPresent(url ->
                        problems.add(new Problem("callback_url", Optional.empty(), "invalid_format", NO_ADDRESS, url)));
        list("return_urls", returnUrls, Environment::isWebAddress, NO_ADDRESS, problems);
        list("connect_ui_parents", connectUiParents, Environment::isOrigin, NO_ORIGIN, problems);
        return problems;
    }

    private static void list(
            String setting, List<String> values, Predicate<String> fits, String message, List<Problem> problems) {
        if (values.size() > MOST_ADDRESSES) {
            problems.add(new Problem(setting, Optional.empty(), "too_big", "at most " + MOST_ADDRESSES, ""));
        }
        for (int i = 0; i < values.size(); i++) {
            if (!fits.test(values.get(i))) {
                problems.add(new Problem(setting, Optional.of(i), "invalid_format", message, values.get(i)));
            }
        }
    }

    /** As CSP writes a host (Content Security Policy Level 3 section 2.3.1), with its scheme. */
    private static final Pattern ORIGIN =
            Pattern.compile("([a-z][a-z0-9+.-]*)://((\\*\\.)?[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)*)(:\\d{1,5})?");

    /** Without a repeated group, which takes a stack frame for each label of a stranger's Origin. */
    private static final Pattern LABELS = Pattern.compile("(?!\\.)(?!.*\\.\\.)[a-z0-9.-]++(?<!\\.)");

    /** An origin: https, http for this machine, or an app's own scheme, as capacitor://localhost; a host may begin with {@code *.}. */
    public static boolean isOrigin(String text) {
        Matcher origin = ORIGIN.matcher(text);
        if (!origin.matches()) {
            return false;
        }
        return switch (origin.group(1)) {
            case "http" -> List.of("localhost", "127.0.0.1").contains(origin.group(2));
            case "ws", "wss", "ftp", "data", "blob", "javascript" -> false;
            // https, and the schemes of apps, which cannot be listed.
            default -> true;
        };
    }

    /**
     * Whether a page of this origin may show the Connect UI, and wait for the results of its windows.
     *
     * @param origin as browsers write it (RFC 6454 section 6.2)
     */
    public boolean isParent(String origin) {
        String asked = origin.toLowerCase(Locale.ROOT);
        return connectUiParents.isEmpty() || connectUiParents.stream().anyMatch(listed -> matches(listed, asked));
    }

    private static boolean matches(String listed, String origin) {
        String wanted = withoutDefaultPort(listed.toLowerCase(Locale.ROOT));
        int star = wanted.indexOf("://*.");
        if (star < 0) {
            return wanted.equals(origin);
        }
        String scheme = wanted.substring(0, star + 3);
        String domain = wanted.substring(star + 4);
        // Of any depth, as in CSP; never the domain itself.
        return origin.startsWith(scheme)
                && origin.endsWith(domain)
                && origin.length() > scheme.length() + domain.length()
                && LABELS.matcher(origin.substring(scheme.length(), origin.length() - domain.length()))
                        .matches();
    }

    /** Parts that an origin does not have. */
    private static String withoutDefaultPort(String origin) {
        return origin.startsWith("https://")
                ? origin.replaceFirst(":443$", "")
                : origin.startsWith("http://") ? origin.replaceFirst(":80$", "") : origin;
    }

    /** @throws dev.latchkey.server.access.PausedException while it is paused */
    public void requireRunning() {
        Pause.refuse(pause, "environment", name);
    }

    /** An https address, http for this machine, without a fragment and without a user. */
    public static boolean isWebAddress(String text) {
        try {
            URI uri = URI.create(text);
            boolean local = "localhost".equals(uri.getHost()) || "127.0.0.1".equals(uri.getHost());
            return uri.getHost() != null
                    && uri.getRawUserInfo() == null
                    && uri.getRawFragment() == null
                    && ("https".equals(uri.getScheme()) || local && "http".equals(uri.getScheme()));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}

package dev.latchkey.server.api;

import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.proxy.CallHeaders;
import dev.latchkey.server.proxy.ProxyCall;
import io.helidon.http.Header;
import io.helidon.http.ServerRequestHeaders;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A call's headers: those for the provider, and those for us.
 *
 * @param forProvider names in lower case, without our prefix
 */
record ProxyHeaders(Map<String, String> forProvider, ProxyCall.Options options, List<ApiError.Detail> problems) {
    private static final String PREFIX = "nango-proxy-";
    private static final int MOST_RETRIES = 10;
    private static final int LONGEST_ID = 255;
    private static final Pattern NUMBER = Pattern.compile("[+-]?\\d{1,9}(\\.\\d{0,9})?");
    private static final Pattern STATUSES = Pattern.compile("\\d{1,9}(,\\d{1,9}){0,100}");
    private static final List<String> SELECTING = List.of(
            "Authorization", "Provider-Config-Key", "Connection-Id", "Base-Url-Override", "Decompress", "Content-Type");
    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    /**
     * Which headers of a call decide what the response is, for caches (RFC 9110 section 12.5.5): for them the calls of all connections
     * to one endpoint have the same URL, and many vendors allow responses to be stored.
     *
     * @param vendors the vendor's own {@code Vary}: of the headers that it got by our prefix
     */
    static String selecting(Optional<String> vendors) {
        return Stream.concat(
                        SELECTING.stream(),
                        vendors.stream()
                                .flatMap(names -> Stream.of(names.split(",")))
                                .map(String::strip)
                                .filter(name -> TOKEN.matcher(name).matches() && !name.equals("*"))
                                .map(name -> "Nango-Proxy-" + name))
                .collect(Collectors.joining(", "));
    }

    static ProxyHeaders read(ServerRequestHeaders headers) {
        Map<String, String> forProvider = new HashMap<>();
        List<ApiError.Detail> problems = new ArrayList<>();
        int retries = 0;
        Set<Integer> retryOn = Set.of();
        Optional<String> base = Optional.empty();
        boolean decompress = false;
        boolean forward = false;
        for (Header header : headers) {
            String name = header.headerName().lowerCase();
            if (name.startsWith(PREFIX)) {
                String own = name.substring(PREFIX.length());
                if (!own.isEmpty() && CallHeaders.passes(own)) {
                    forProvider.put(own, String.join(own.equals("cookie") ? "; " : ", ", header.allValues()));
                }
                continue;
            }
            switch (name) {
                case "content-type" -> forProvider.putIfAbsent("content-type", header.get());
                case "retries" -> retries = retries(header.get(), problems);
                case "retry-on" -> retryOn = statuses(header.get(), problems);
                case "base-url-override" -> base = base(header.get().strip(), problems);
                case "decompress" -> decompress = flag(name, header.get(), problems);
                case "forward-headers-on-redirect" -> forward = flag(name, header.get(), problems);
                // Of Nango's functions; they mean nothing here.
                case "nango-is-sync", "nango-is-dry-run" -> flag(name, header.get(), problems);
                case "nango-activity-log-id" -> logId(header.get(), problems);
                default -> {}
            }
        }
        return new ProxyHeaders(
                forProvider, new ProxyCall.Options(retries, retryOn, base, decompress, forward), problems);
    }

    private static void logId(String value, List<ApiError.Detail> problems) {
        if (value.length() > LONGEST_ID) {
            problems.add(new ApiError.Detail(
                    "too_big", "at most " + LONGEST_ID + " characters", List.of("nango-activity-log-id")));
        }
    }

    private static int retries(String value, List<ApiError.Detail> problems) {
        if (value.isBlank()) {
            return 0;
        }
        if (!NUMBER.matcher(value.strip()).matches()) {
            problems.add(new ApiError.Detail("invalid_type", "this header must be a number", List.of("retries")));
            return 0;
        }
        return (int) Math.clamp(Double.parseDouble(value.strip()), 0, MOST_RETRIES);
    }

    private static Set<Integer> statuses(String value, List<ApiError.Detail> problems) {
        if (!STATUSES.matcher(value).matches()) {
            problems.add(new ApiError.Detail(
                    "invalid_format",
                    "this header must be statuses joined by commas, such as 429,503",
                    List.of("retry-on")));
            return Set.of();
        }
        return Stream.of(value.split(",")).map(Integer::valueOf).collect(Collectors.toSet());
    }

    private static Optional<String> base(String value, List<ApiError.Detail> problems) {
        if (value.isEmpty()) {
            return Optional.empty();
        }
        if (!value.matches("(?i)https?://[^/?#].*")) {
            problems.add(
                    new ApiError.Detail("invalid_format", "this header must be a URL", List.of("base-url-override")));
        }
        return Optional.of(value);
    }

    private static boolean flag(String name, String value, List<ApiError.Detail> problems) {
        return switch (value) {
            case "true" -> true;
            case "false" -> false;
            default -> {
                problems.add(new ApiError.Detail("invalid_value", "this header must be true or false", List.of(name)));
                yield false;
            }
        };
    }
}

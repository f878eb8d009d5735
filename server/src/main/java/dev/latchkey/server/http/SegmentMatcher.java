package dev.latchkey.server.http;

import io.helidon.common.parameters.Parameters;
import io.helidon.common.uri.UriPath;
import io.helidon.http.PathMatcher;
import io.helidon.http.PathMatchers;
import io.helidon.http.RoutedPath;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Matches a route's pattern segment by segment before a segment is decoded (RFC 3986 section 2.4): an encoded slash belongs to a value,
 * such as a connection's id, and separates no segments.
 */
record SegmentMatcher(PathMatcher pattern) implements PathMatcher {
    /** In place of an encoded slash while the library matches: a private-use character, which no value may contain. */
    private static final String STAND_IN = "\uE02F";

    private static final String ENCODED_STAND_IN = "%EE%80%AF";

    static PathMatcher of(String path) {
        return new SegmentMatcher(PathMatchers.create(path));
    }

    @Override
    public PathMatchers.MatchResult match(UriPath path) {
        String raw = path.rawPath();
        if (!raw.contains("%2F") && !raw.contains("%2f")) {
            return pattern.match(path);
        }
        PathMatchers.MatchResult result = pattern.match(
                UriPath.create(raw.replace("%2F", ENCODED_STAND_IN).replace("%2f", ENCODED_STAND_IN)));
        return result.accepted() ? new PathMatchers.MatchResult(true, new Matched(path, result.path())) : result;
    }

    @Override
    public PathMatchers.PrefixMatchResult prefixMatch(UriPath path) {
        return pattern.prefixMatch(path);
    }

    @Override
    public Optional<String> matchingElement() {
        return pattern.matchingElement();
    }

    /** The path as it was requested, with the values of its pattern. */
    private record Matched(UriPath requested, RoutedPath matched) implements RoutedPath {
        @Override
        public Parameters pathParameters() {
            Parameters found = matched.pathParameters();
            Map<String, List<String>> values = new HashMap<>();
            found.names()
                    .forEach(name -> values.put(
                            name,
                            found.all(name).stream()
                                    .map(value -> value.replace(STAND_IN, "/"))
                                    .toList()));
            return Parameters.create(found.component(), values);
        }

        @Override
        public RoutedPath absolute() {
            return this;
        }

        @Override
        public String rawPath() {
            return requested.rawPath();
        }

        @Override
        public String rawPathNoParams() {
            return requested.rawPathNoParams();
        }

        @Override
        public String path() {
            return requested.path();
        }

        @Override
        public Parameters matrixParameters() {
            return requested.matrixParameters();
        }

        @Override
        public void validate() {
            requested.validate();
        }
    }
}

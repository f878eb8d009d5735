package dev.latchkey.catalogue.model;

import com.google.re2j.Pattern;
import java.net.URI;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The scopes of an authorization or token request.
 *
 * @param always requested whatever else is, since the flow or the refresh needs them
 * @param defaults requested where neither the integration nor the session asks for any
 * @param raw sent without percent-encoding of its separators
 * @param known what may be suggested; the vendor may have more
 * @param docs the vendor's page of scopes
 * @param implied scopes of a token response that grant others as well: other names, included scopes
 */
public record Scopes(
        String param,
        String join,
        List<String> always,
        List<String> defaults,
        boolean raw,
        List<Known> known,
        Optional<URI> docs,
        Map<Pattern, List<String>> implied) {
    /** Those that vendors issue a refresh token for. */
    public static final Set<String> FOR_REFRESH =
            Set.of("offline_access", "offline", "offline.access", "refresh_token", "oauth.refresh");

    public static final Scopes NONE =
            new Scopes("scope", " ", List.of(), List.of(), false, List.of(), Optional.empty(), Map.of());

    /** @param description what it allows, in our own words */
    public record Known(String name, Optional<String> description) {}

    /** What is requested where {@code asked} is asked for, each once. */
    public Set<String> requested(List<String> asked) {
        Set<String> all = new LinkedHashSet<>(always);
        all.addAll(asked.isEmpty() ? defaults : asked);
        return all;
    }

    public List<String> names() {
        return known.stream().map(Known::name).toList();
    }
}

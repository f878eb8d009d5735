package dev.latchkey.server.connections;

import dev.latchkey.catalogue.model.Scopes;
import dev.latchkey.catalogue.model.TokenShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The scopes that a vendor granted of the requested ones. A user may decline some on the consent page; calls that need them then fail
 * although the credential is valid.
 *
 * @param granted as named by the vendor; as requested if its response listed none (RFC 6749 sections 3.3 and 5.1)
 * @param missing requested, and not granted
 */
public record GrantedScopes(List<String> granted, List<String> missing) {
    /** No scope was requested, and none was returned. */
    public static final GrantedScopes UNKNOWN = new GrantedScopes(List.of(), List.of());

    /** RFC 6749 wants spaces; vendors use commas as well, also where the request takes spaces. */
    private static final Pattern SEPARATORS = Pattern.compile("[\\s,]+");

    /** OpenID Connect Core section 11, and vendors' own: scopes that request a refresh token are seldom listed. */
    private static final Set<String> FOR_A_REFRESH_TOKEN = Set.of("offline_access", "offline", "refresh_token");

    /**
     * @param response the token endpoint's
     * @param refreshToken whether one was issued
     */
    public static GrantedScopes of(
            Scopes definition, List<String> asked, TokenShape shape, ObjectNode response, boolean refreshToken) {
        Optional<List<String>> listed = listed(definition, shape, response);
        if (listed.isEmpty()) {
            return new GrantedScopes(asked, List.of());
        }
        List<String> granted = listed.get();
        boolean idToken = response.has("id_token");
        List<String> comparable = asked.stream()
                .filter(scope -> !(refreshToken && FOR_A_REFRESH_TOKEN.contains(scope)))
                .filter(scope -> !(idToken && scope.equals("openid")))
                .toList();
        List<String> missing = comparable.stream()
                .filter(scope -> granted.stream().noneMatch(one -> covers(definition, one, scope)))
                .toList();
        // Without any match the vendor uses other names for its scopes: such a list cannot be compared.
        return new GrantedScopes(granted, missing.size() == comparable.size() ? List.of() : missing);
    }

    /** After a refresh, whose response may list less (RFC 6749 section 6), or more again. */
    public GrantedScopes after(Scopes definition, TokenShape shape, ObjectNode response, boolean refreshToken) {
        Set<String> asked = new LinkedHashSet<>(granted);
        asked.addAll(missing);
        return listed(definition, shape, response).isEmpty()
                ? this
                : of(definition, List.copyOf(asked), shape, response, refreshToken);
    }

    /** The scopes of a parameter or a column, each once. */
    public static List<String> split(@Nullable String text, String join) {
        if (text == null || text.isBlank()) {
            return List.of();
        }
        String separated = join.isBlank() ? text : text.replace(join, " ");
        return Arrays.stream(SEPARATORS.split(separated.strip()))
                .filter(scope -> !scope.isEmpty())
                .distinct()
                .toList();
    }

    /** As {@link #split} reads it. */
    public static @Nullable String column(List<String> scopes) {
        return scopes.isEmpty() ? null : String.join(" ", scopes);
    }

    /** Empty if the response lists none: an empty text is not a list either. */
    private static Optional<List<String>> listed(Scopes definition, TokenShape shape, ObjectNode response) {
        JsonNode node = Optional.ofNullable(response.get("scope"))
                .or(() -> shape.root().flatMap(root -> root.in(response)).map(root -> root.get("scope")))
                .orElse(null);
        List<String> found = new ArrayList<>();
        if (node instanceof ArrayNode list) {
            list.forEach(one -> found.addAll(split(one.isString() ? one.asString() : "", definition.join())));
        } else if (node != null && node.isString()) {
            found.addAll(split(node.asString(), definition.join()));
        }
        return found.isEmpty()
                ? Optional.empty()
                : Optional.of(found.stream().distinct().toList());
    }

    /**
     * Whether a listed scope covers a requested one. Vendors shorten names to their last part or lengthen them to an
     * address (Google: {@code email}, Microsoft: {@code User.Read}), and leave out what a larger scope includes (GitHub: {@code user}
     * for {@code user:email}); such a response does not grant less.
     */
    private static boolean covers(Scopes definition, String listed, String asked) {
        String one = listed.toLowerCase(Locale.ROOT);
        String other = asked.toLowerCase(Locale.ROOT);
        return one.equals(other)
                || endsWith(one, other)
                || endsWith(other, one)
                || other.startsWith(one + ":")
                // A scope that means all scopes of the app, which the response lists.
                || other.endsWith("/.default")
                || definition.implied().entrySet().stream()
                        .filter(entry -> entry.getKey().matches(listed))
                        .anyMatch(entry -> entry.getValue().stream()
                                .anyMatch(also -> entry.getKey()
                                        .matcher(listed)
                                        .replaceFirst(also)
                                        .equalsIgnoreCase(asked)));
    }

    private static boolean endsWith(String address, String name) {
        return address.contains("://") && (address.endsWith("/" + name) || address.endsWith("." + name));
    }
}

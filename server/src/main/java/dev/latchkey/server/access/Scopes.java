package dev.latchkey.server.access;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What a key may be allowed, and what each scope opens. */
public final class Scopes {
    public static final String EVERYTHING = "environment:*";
    /** Members, environments and the audit log: of the installation, not of one environment. */
    public static final String ACCOUNT = "account:*";

    /** Makes, changes and deletes keys: in no group, so that a key has it only when it was given by name. */
    public static final String WRITE_KEYS = "environment:api_keys:write";

    /** By area, in the order that people choose from. */
    public static final Map<String, List<String>> KNOWN = known();

    private static final String CREDENTIALS = "_credentials";
    /** They call vendors as the connected user. */
    private static final Set<String> ACTS_WITH_CREDENTIALS = Set.of("environment:proxy", "environment:mcp");

    private static final Set<String> SINGLE = KNOWN.values().stream()
            .flatMap(List::stream)
            .filter(scope -> !scope.endsWith(":*"))
            .collect(Collectors.toUnmodifiableSet());

    private Scopes() {}

    private static Map<String, List<String>> known() {
        Map<String, List<String>> known = new LinkedHashMap<>();
        for (String area : List.of("integrations", "connections")) {
            List<String> scopes = new ArrayList<>(List.of("environment:" + area + ":*"));
            for (String action :
                    List.of("list", "list_credentials", "read", "read_credentials", "create", "update", "delete")) {
                scopes.add("environment:" + area + ":" + action);
            }
            known.put(area, scopes);
        }
        known.put(
                "providers",
                List.of(
                        "environment:providers:*",
                        "environment:providers:create",
                        "environment:providers:update",
                        "environment:providers:delete"));
        known.put("connect sessions", List.of("environment:connect_sessions:write"));
        known.put("proxy", List.of("environment:proxy"));
        known.put("logs", List.of("environment:logs:read"));
        known.put(
                "webhooks",
                List.of(
                        "environment:webhooks:list",
                        "environment:webhooks:read",
                        "environment:webhooks:create",
                        "environment:webhooks:update",
                        "environment:webhooks:delete",
                        "environment:webhooks:test",
                        "environment:webhook_deliveries:list",
                        "environment:webhook_deliveries:read",
                        "environment:webhook_deliveries:replay",
                        "environment:webhook_signing_key:read",
                        "environment:webhook_signing_key:read_credentials",
                        "environment:webhook_signing_key:rotate"));
        known.put(
                "environment",
                List.of(
                        "environment:settings:read",
                        "environment:settings:update",
                        "environment:api_keys:read",
                        WRITE_KEYS,
                        "environment:variables:read",
                        "environment:metrics:read",
                        "environment:mcp"));
        return known;
    }

    public static boolean isKnown(String scope) {
        return scope.equals(EVERYTHING) || scope.equals(ACCOUNT) || SINGLE.contains(scope) || isArea(scope);
    }

    /** Whether who has it sees credentials in clear text, or acts with them. */
    public static boolean reveals(String scope) {
        return scope.equals(EVERYTHING)
                || scope.equals(ACCOUNT)
                || ACTS_WITH_CREDENTIALS.contains(scope)
                || scope.endsWith(CREDENTIALS)
                || isArea(scope) && opened(Set.of(scope)).stream().anyMatch(one -> one.endsWith(CREDENTIALS));
    }

    /** The single rights that scopes open. */
    public static Set<String> opened(Collection<String> scopes) {
        Set<String> opened = new HashSet<>();
        for (String scope : scopes) {
            opened.add(scope);
            if (scope.equals(EVERYTHING)) {
                // A key of an environment makes no further keys unless that was said.
                SINGLE.stream().filter(one -> !one.equals(WRITE_KEYS)).forEach(opened::add);
            } else if (scope.equals(ACCOUNT)) {
                opened.add("environment:api_keys:read");
                opened.add(WRITE_KEYS);
            } else if (scope.endsWith(":*")) {
                String area = scope.substring(0, scope.length() - 1);
                SINGLE.stream().filter(one -> one.startsWith(area)).forEach(opened::add);
            } else if (scope.endsWith(CREDENTIALS)) {
                // ..._credentials includes the plain one.
                opened.add(scope.substring(0, scope.length() - CREDENTIALS.length()));
            }
        }
        return opened;
    }

    private static boolean isArea(String scope) {
        return KNOWN.values().stream().anyMatch(area -> area.contains(scope));
    }
}

package dev.latchkey.server.environments;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a key may be allowed. */
public final class Scopes {
    public static final String EVERYTHING = "environment:*";
    /** Members, environments and the audit log: of the installation, not of one environment. */
    public static final String ACCOUNT = "account:*";

    /** By area, in the order that people choose from. */
    public static final Map<String, List<String>> KNOWN = known();

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
                        "environment:api_keys:write",
                        "environment:variables:read",
                        "environment:metrics:read",
                        "environment:mcp"));
        return known;
    }

    public static boolean isKnown(String scope) {
        Set<String> all = new LinkedHashSet<>(List.of(EVERYTHING, ACCOUNT));
        KNOWN.values().forEach(all::addAll);
        return all.contains(scope);
    }
}

package dev.latchkey.server.docs;

import dev.latchkey.server.access.Scopes;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.http.Router;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** docs/reference/scopes.md, from the list of scopes and the routes that demand them. */
@Tag("routes")
@Tag("routes")
class ScopeReferenceTest {
    @Test
    void thePageIsWhatTheRoutesDemand() throws IOException {
        Map<String, List<String>> routes = new TreeMap<>();
        try (Latchkey latchkey = Latchkey.start()) {
            for (Router.Declared route : latchkey.routes()) {
                route.scope()
                        .ifPresent(scope -> routes.computeIfAbsent(scope, one -> new ArrayList<>())
                                .add("`" + route.method() + " " + route.path() + "`"));
            }
        }
        GeneratedPage.hold("scopes.md", page(routes));
    }

    private static String page(Map<String, List<String>> routes) {
        StringBuilder page = new StringBuilder("""
                # Scopes

                Written from the code by `./latchkey docs`; do not edit.

                A key has scopes, and a route needs one. A request without it gets 403 `forbidden`, and the message names the scope. Create a key
                with `./latchkey keys create NAME -s SCOPE,SCOPE`, or in the dashboard under **Environment**. Keys that a backend uses need few:
                `environment:connect_sessions:write`, `environment:connections:read_credentials` and perhaps `environment:proxy`.

                | scope | opens |
                |---|---|
                """);
        page.append(row(Scopes.EVERYTHING, "everything in its environment, except creating keys"))
                .append(
                        row(
                                Scopes.ACCOUNT,
                                "members, environments and the audit log of the whole installation, and the keys of every environment"));
        Scopes.KNOWN.forEach((area, scopes) -> {
            page.append("\n## ").append(Character.toUpperCase(area.charAt(0))).append(area.substring(1));
            page.append("\n\n| scope | opens |\n|---|---|\n");
            for (String scope : scopes) {
                page.append(row(scope, opens(scope, routes)));
            }
        });
        return page.toString();
    }

    private static String opens(String scope, Map<String, List<String>> routes) {
        if (scope.endsWith(":*")) {
            return "all of this area";
        }
        List<String> own = routes.getOrDefault(scope, List.of());
        String listed = own.stream().distinct().sorted().collect(Collectors.joining(", "));
        String shown = scope.endsWith("_credentials")
                ? "as `" + scope.replace("_credentials", "") + "`, with secrets in clear text"
                : "";
        if (shown.isEmpty()) {
            return listed.isEmpty() ? "nothing at present" : listed;
        }
        return listed.isEmpty() ? shown : shown + "; " + listed;
    }

    private static String row(String scope, String opens) {
        return "| `" + scope + "`" + (Scopes.reveals(scope) ? " (reveals or uses credentials)" : "") + " | " + opens
                + " |\n";
    }
}
